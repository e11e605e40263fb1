import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The server that `npm run console:dev` calls. */
const server = process.env.CONSOLE_SERVER ?? 'http://127.0.0.1:4000'

/** Compressed once, here, so that the server never compresses. */
const precompress: Plugin = {
  name: 'precompress',
  apply: 'build',
  async writeBundle({ dir = '' }, bundle) {
    const texts = Object.values(bundle).filter(({ fileName }) => /^assets\/.+\.(js|css|svg)$/.test(fileName))
    await Promise.all(
      texts.map(async (file) => {
        const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source)
        // The best quality takes seconds for the list of common passwords, and saves next to nothing.
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength }
        await writeFile(join(dir, `${file.fileName}.br`), await promisify(brotliCompress)(bytes, { params }))
        await writeFile(join(dir, `${file.fileName}.gz`), await promisify(gzip)(bytes, { level: 9 }))
      }),
    )
  },
}

/** What the server writes into the page, taken from a running one. */
const factsInDevelopment: Plugin = {
  name: 'facts-in-development',
  apply: 'serve',
  async transformIndexHtml(page) {
    const served = await fetch(`${server}/console`).then((answer) => answer.text())
    const facts = /<meta name="cardea-facts" content="([^"]*)"/.exec(served)?.[1]
    if (facts === undefined)
      throw new Error(`${server}/console is not the console: is it built, is the server running?`)
    return page.replace('__FACTS__', () => facts).replace('__ICON__', 'data:,')
  },
}

export default defineConfig(({ command }) => ({
  root: here('.'),
  base: '/console/',
  plugins: [react(), precompress, factsInDevelopment],
  resolve: { alias: { 'cardea/client': here('../src/client/index.ts') } },
  // The server puts the nonce of each answer here. In development there is no policy.
  ...(command === 'build' ? { html: { cspNonce: '__NONCE__' } } : {}),
  build: {
    outDir: here('../dist/console'),
    emptyOutDir: true,
    // Nothing as data: in the page: it would be outside the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // A test holds what the first page loads under its limit.
    chunkSizeWarningLimit: 1000,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: {
    // The browser's own origin reaches Cardea, which then refuses cookies: the proxy speaks as the server's own page.
    proxy: Object.fromEntries(
      ['/auth', '/api', '/oauth', '/.well-known'].map((path) => [
        path,
        { target: server, changeOrigin: true, headers: { Origin: new URL(server).origin } },
      ]),
    ),
  },
}))
