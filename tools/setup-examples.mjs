// Installs the packages of examples/next, which only `npm test` needs: they are larger than all others together, so that
// they are no dependencies of this project and `npm start` does not wait for them. With nothing to do it is silent.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '..', 'examples', 'next')
const marker = join(folder, 'node_modules', '.cardea-setup.json')
const locked = ['package.json', 'package-lock.json'].map((name) => readFileSync(join(folder, name), 'utf8'))
const wanted = createHash('sha256')
  .update(JSON.stringify([...locked, process.platform, process.arch]))
  .digest('hex')

/** What an npm around us was told of this project is not for that one. Where packages come from is. */
const kept =
  /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|cafile|offline|prefer_offline)$/i
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name)))

if (read() !== wanted) {
  process.stderr.write('setup: installing the packages of examples/next (once, for the tests)\n')
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    env,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status === 0) writeFileSync(marker, `${JSON.stringify({ wanted })}\n`)
  else {
    process.stderr.write('setup: npm ci in examples/next failed. If the npm registry can be reached, run it again.\n')
    process.exitCode = 1
  }
}

function read() {
  try {
    return JSON.parse(readFileSync(marker, 'utf8')).wanted
  } catch {
    return undefined
  }
}
