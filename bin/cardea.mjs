#!/usr/bin/env node
// Starts the command line. In a checkout the sources run (src always wins over an old dist), by the pinned Node when the
// machine's own is too old; in the published package only dist exists. Plain JavaScript that Node 20 runs.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED = 24
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'src', 'cli', 'main.ts')
const built = join(root, 'dist', 'cli', 'main.js')
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const setup = join(root, 'tools', 'setup.mjs')

const main = existsSync(source) ? source : built
if (main === source && !existsSync(join(root, 'node_modules', '.cardea-setup.json')) && existsSync(setup)) {
  // A fresh clone: what `npm start` would do first.
  const { status } = spawnSync(process.execPath, [setup], { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}

if (Number.parseInt(process.versions.node, 10) >= NEEDED) {
  // The same process: nothing to forward, and main sees the arguments as if it had been started itself.
  process.argv[1] = main
  await import(pathToFileURL(main).href)
} else if (main === source && existsSync(pinned)) {
  runBy(pinned)
} else {
  process.stderr.write(`cardea: Node ${NEEDED} or newer is needed, this is ${process.version}.\n`)
  process.exitCode = 1
}

function runBy(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // A terminal sends Ctrl-C to both processes; forwarded again it would read as "stop at once".
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  child.on('error', (error) => {
    process.stderr.write(`cardea: ${node} could not be started (${error.code}).\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    for (const name of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}
