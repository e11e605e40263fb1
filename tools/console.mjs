// Builds ui/ into dist/console, unless what stands there was made of the same sources. `npm start` and `npm test` do it
// through setup.mjs, so this is plain JavaScript without dependencies that Node 20 runs too; `npm run console` does it by
// hand. A build that fails leaves the API without its console, and nothing else.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const self = fileURLToPath(import.meta.url)
const root = resolve(dirname(self), '..')
const marker = join(root, 'dist', 'console', '.sources')
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')

/** What a build is made of. */
const SOURCES = ['ui', 'src/client', 'src/errors.ts', 'src/types.ts', 'tsconfig.json', 'package-lock.json']
const SKIPPED = ['node_modules', 'README.md']

function sourcesHash() {
  const hash = createHash('sha256')
  const add = (path) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) if (!SKIPPED.includes(name)) add(`${path}/${name}`)
      return
    }
    const bytes = readFileSync(full)
    hash.update(`${path}\0${bytes.length}\0`).update(bytes)
  }
  for (const path of SOURCES) add(path)
  return hash.digest('hex')
}

/** Whether dist/console was made of the sources as they are. */
export function isConsoleBuilt() {
  return existsSync(marker) && readFileSync(marker, 'utf8') === sourcesHash()
}

/** Builds by `node`, a Node of at least 22. Says on standard error what it does; false when it failed. */
export function buildConsole(node) {
  const begun = performance.now()
  const wanted = sourcesHash()
  process.stderr.write('setup: building the console (once, some seconds)\n')
  const args = [vite, 'build', join(root, 'ui'), '--logLevel', 'warn']
  const { status } = spawnSync(node, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    process.stderr.write(
      'setup: the console was not built, see above. The API works without it; `npm run console` tries again.\n',
    )
    return false
  }
  // Written last: a build that was interrupted has no marker and is made again.
  writeFileSync(marker, wanted)
  process.stderr.write(`setup: the console is built (${((performance.now() - begun) / 1000).toFixed(1)} s)\n`)
  return true
}

if (process.argv[1] === self && !buildConsole(process.execPath)) process.exitCode = 1
