// Brings node_modules to what package-lock.json says, and dist/console to what ui/ says. Runs before `npm start` and
// `npm test` under whatever Node the machine has (20 or newer), so it is plain JavaScript without dependencies. With
// nothing to do it is silent.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const marker = join(modules, '.cardea-setup.json')
const lock = join(root, '.cache', 'setup.lock')
/** Where there are pages to build, what builds them. */
const consoleTool = join(root, 'tools', 'console.mjs')
const pinnedNode = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** A lock whose owner has not touched it for this long is left over from a crash. */
const STALE_MS = 20_000
const WAIT_MS = 600_000

/** npm settings that reach us through the environment (`npm start --omit=dev`) and must not reach `npm ci`. */
const REDIRECTING = [
  'prefix local_prefix global global_prefix location workspace workspaces omit include only production os cpu libc',
  'save dry_run package_lock package_lock_only install_strategy install_links bin_links json',
  'ignore_scripts allow_scripts strict_allow_scripts',
]
  .join(' ')
  .split(' ')

const manifest = readJson(join(root, 'package.json'))
const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8')
const wanted = createHash('sha256')
  .update(JSON.stringify([lockText, manifest.dependencies, manifest.devDependencies, process.platform, process.arch]))
  .digest('hex')

const consolePages = existsSync(consoleTool) ? await import(pathToFileURL(consoleTool).href) : undefined

if (!isDone() || !isConsoleBuilt()) {
  await takeLock()
  const beat = setInterval(() => utimesSync(lock, new Date(), new Date()), STALE_MS / 10)
  try {
    // Another start may have done the work meanwhile, and a developer may have run `npm install` himself.
    if (!isDone() && !matchesLock()) await install()
    checkPinnedNode()
    // `npm start` says `exec`, so that signals reach the server itself. The shell of Windows does not know that word.
    if (process.platform === 'win32') writeFileSync(join(modules, '.bin', 'exec.cmd'), '@%*\r\n')
    // Written last: an installation that was interrupted has no marker and is done again.
    writeFileSync(marker, `${JSON.stringify({ wanted })}\n`)
    // Without the console everything else works: a build that fails says what to do and stops nothing.
    if (!isConsoleBuilt()) consolePages.buildConsole(pinnedNode)
  } catch (error) {
    process.stderr.write(`setup: ${error.message}\n`)
    process.exitCode = 1
  } finally {
    clearInterval(beat)
    rmSync(lock, { recursive: true, force: true })
  }
}

function isDone() {
  return readJson(marker)?.wanted === wanted && existsSync(pinnedNode)
}

function isConsoleBuilt() {
  return consolePages === undefined || consolePages.isConsoleBuilt()
}

/** Whether npm's own record of node_modules agrees with the lock file and the pinned Node stands there. */
function matchesLock() {
  const installed = readJson(join(modules, '.package-lock.json'))?.packages
  if (installed === undefined || pinnedVersion() !== manifest.devDependencies.node) return false
  const locked = Object.entries(JSON.parse(lockText).packages).filter(([path]) => path !== '')
  return (
    locked.every(([path, { version, optional }]) =>
      installed[path] ? installed[path].version === version : optional,
    ) && Object.keys(installed).every((path) => locked.some(([name]) => name === path))
  )
}

async function install() {
  process.stderr.write('setup: installing the packages of package-lock.json (once, about half a minute)\n')
  await npm('ci', '--include=dev', '--ignore-scripts')
  // An npm that does not know `allowScripts` would run every install script: so none ran, and now the allowed ones do.
  const allowed = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name])
  await npm('rebuild', '--ignore-scripts=false', ...allowed.filter((name) => existsSync(join(modules, name))))
}

/** Runs the npm that started this script, else the one on the PATH, and never by the Node in the folder it replaces. */
function npm(...args) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !changesWhatIsInstalled(name)))
  const path = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  env[path] = (env[path] ?? '').split(delimiter).filter(isOutside).join(delimiter)
  const { npm_execpath: cli, npm_node_execpath: node = process.execPath } = process.env
  const own = cli !== undefined && /npm-cli\.c?js$/.test(cli) && existsSync(cli) && isOutside(cli) && isOutside(node)
  const [command, first] = own ? [node, [cli]] : ['npm', []]
  return new Promise((done, fail) => {
    const child = spawn(command, [...first, ...args, '--loglevel=error', '--no-progress'], {
      cwd: root,
      env,
      stdio: ['ignore', 2, 2], // what npm says is no part of what the command after us prints
      shell: !own && process.platform === 'win32',
    })
    const pass = (signal) => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, pass)
    child.on('error', (error) => fail(new Error(`npm could not be started (${error.code}). Install npm 10 or newer.`)))
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, pass)
      if (code === 0) done()
      else
        fail(new Error(`npm ${args[0]} failed (${signal ?? code}). If the npm registry can be reached, run it again.`))
    })
  })
}

/** Whether a variable, set by the npm around us, makes the npm we start install something else, or elsewhere. */
function changesWhatIsInstalled(name) {
  const setting = /^npm_config_(.+)$/i.exec(name)?.[1]?.toLowerCase().replaceAll('-', '_')
  return setting === undefined ? /^npm_(package|lifecycle|command)/.test(name) : REDIRECTING.includes(setting)
}

function isOutside(path) {
  return path !== modules && !path.startsWith(modules + sep)
}

function pinnedVersion() {
  const { status, stdout } = spawnSync(pinnedNode, ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim().replace(/^v/, '') : undefined
}

function checkPinnedNode() {
  const found = pinnedVersion()
  if (found === manifest.devDependencies.node) return
  const what = found === undefined ? 'is missing or does not run' : `is ${found}`
  throw new Error(
    `Node ${manifest.devDependencies.node} is needed, but ${pinnedNode} ${what}. Remove node_modules and run this again where the npm registry can be reached.`,
  )
}

/** One installation at a time: making a folder is atomic, its time-stamp tells that the owner lives. */
async function takeLock() {
  mkdirSync(dirname(lock), { recursive: true })
  const deadline = Date.now() + WAIT_MS
  for (let told = false; ; ) {
    try {
      return mkdirSync(lock)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const touched = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - touched > STALE_MS) {
      removeStaleLock()
      continue
    }
    if (Date.now() > deadline) {
      process.stderr.write(`setup: gave up waiting. If no other installation is running, remove ${lock}\n`)
      process.exit(1)
    }
    if (!told) process.stderr.write('setup: another start is installing, waiting for it\n')
    told = true
    await new Promise((wake) => setTimeout(wake, 200))
  }
}

/** Moves the lock away before it goes, so that of several waiters only one removes it. */
function removeStaleLock() {
  const aside = `${lock}.${process.pid}`
  try {
    renameSync(lock, aside)
    rmSync(aside, { recursive: true, force: true })
  } catch {
    // another waiter was first
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
