// What `npm test` runs: type check, Biome, every suite on SQLite, and those that reach a store on a real PostgreSQL too.
// The first stage that fails ends the run with its exit code. Naming files, --grep or --only runs just the tests.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, constants, tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const USAGE = `npm test [-- [--only sqlite|postgres] [--grep PATTERN] [FILE ...]]`

/** Folders of test/ whose suites run on both engines. */
const ON_BOTH = ['store', 'core', 'apis', 'server', 'security', 'cli', 'faults', 'console']
/** Of these what does not come near the store: pages in a browser, texts, and verbs over what core/ and store/ prove on both. */
const ON_SQLITE = [
  'test/apis/native/help.test.ts',
  'test/apis/native/openapi.test.ts',
  'test/apis/native/pages.test.ts',
  'test/apis/native/viewers.test.ts',
  'test/cli/help.test.ts',
  'test/cli/photos.test.ts',
  'test/cli/pieces.test.ts',
]
/** Several processes need PostgreSQL. */
const ON_POSTGRES = ['nodes']
/** For one test as for one file: far above what any takes, so that a hang ends with a name and not with the run. */
const TIMEOUT_MS = 300_000

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)

const { only, grep, files, help } = readArguments()
const pinned = JSON.parse(readFileSync('package.json', 'utf8')).devDependencies.node
if (process.versions.node !== pinned) fail(`this is Node ${process.versions.node}, not ${pinned}: start it by npm test`)
if (help) {
  process.stdout.write(`${USAGE}\n`)
  process.exit()
}

const scratch = mkdtempSync(join(tmpdir(), 'cardea-check-'))
const report = []
let child
let server
let stopping

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    child?.kill(signal)
    void finish(128 + constants.signals[signal])
  })
}

try {
  await finish(await runStages())
} catch (error) {
  process.stderr.write(`check: ${error instanceof Error ? error.message : error}\n`)
  await finish(1)
}

async function runStages() {
  const wholeRun = files.length === 0 && grep === undefined && only === undefined
  if (wholeRun) {
    const failed =
      (await stage('types', run('typescript/bin/tsc', '--noEmit'))) ||
      (await stage('types of the console', run('typescript/bin/tsc', '--noEmit', '-p', 'ui'))) ||
      (await stage('lint', lint()))
    if (failed) return failed
  }
  const all = (files.length > 0 ? files : suites()).map(fromRoot).sort()
  if (all.length === 0) throw new Error('there are no tests')
  const isIn = (folders) => (file) => folders.includes(file.split('/')[1] ?? '')
  const onSqlite = all.filter((file) => !isIn(ON_POSTGRES)(file))
  const onPostgres = all.filter((file) => isIn([...ON_BOTH, ...ON_POSTGRES])(file) && !ON_SQLITE.includes(file))
  if (only !== 'sqlite') {
    const { startPostgres } = await import('../test/support/postgres.ts')
    server = await startPostgres()
  }
  if (only !== 'postgres' && onSqlite.length > 0) {
    const failed = await stage('tests on sqlite', tests('sqlite', onSqlite))
    if (failed) return failed
  }
  return only === 'sqlite' || onPostgres.length === 0
    ? 0
    : await stage('tests on postgres', tests('postgres', onPostgres))
}

/** Runs one stage and notes its outcome. Returns the exit code. */
async function stage(name, work) {
  process.stdout.write(`\n== ${name}\n`)
  const start = performance.now()
  const { code, counts } = await work()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const { tests = 0, passed = 0, skipped = 0 } = counts ?? {}
  const tally = counts ? `, ${passed} of ${tests} passed, ${skipped} skipped` : ''
  report.push(`${name}: ${code === 0 ? 'ok' : `FAILED (exit ${code})`}, ${seconds} s${tally}`)
  report.push(...slowest(counts?.files ?? []))
  return code
}

/** Where the time went: what to look at when a run has become long. */
function slowest(files) {
  const worst = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, 10)
  return worst.map(({ file, seconds }) => `  ${seconds.toFixed(1).padStart(5)} s  ${fromRoot(file)}`)
}

function suites() {
  const entries = readdirSync('test', { recursive: true })
  return entries.filter((path) => path.endsWith('.test.ts')).map((path) => join('test', path))
}

function lint() {
  return run('@biomejs/biome/bin/biome', 'check', '.')
}

function tests(engine, named) {
  const tally = join(scratch, `${engine}.json`)
  const options = [
    '--test',
    `--test-concurrency=${Math.min(4, availableParallelism() + 1)}`,
    `--test-timeout=${TIMEOUT_MS}`,
    ...(grep === undefined ? [] : [`--test-name-pattern=${grep}`]),
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...[`--test-reporter=${join(root, 'tools', 'tally-reporter.mjs')}`, `--test-reporter-destination=${tally}`],
  ]
  // Each file is a process: what one has compiled, the next need not.
  const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(root, '.cache', 'compiled')
  const env = { NODE_COMPILE_CACHE, CARDEA_TEST_ENGINE: engine, CARDEA_TEST_POSTGRES_URL: server?.url ?? '' }
  return async () => {
    const code = await start([...options, ...named], env)
    return { code, counts: readTally(tally) }
  }
}

/** A program of a package, by this Node: no shell, no lookup on the PATH. */
function run(program, ...args) {
  return async () => ({ code: await start([join('node_modules', program), ...args], {}) })
}

function start(args, env) {
  return new Promise((done, failed) => {
    child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
    child.once('error', failed)
    child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal]))
  })
}

function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Ends everything this run started, whichever way it ends, then leaves. */
function finish(code) {
  stopping ??= (async () => {
    await server?.stop()
    rmSync(scratch, { recursive: true, force: true })
    process.stdout.write(`\n== ${code === 0 ? 'all passed' : 'FAILED'}\n${report.map((line) => `${line}\n`).join('')}`)
    process.exit(code)
  })()
  return stopping
}

function readArguments() {
  const options = { only: { type: 'string' }, grep: { type: 'string' }, help: { type: 'boolean', default: false } }
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    if (values.only !== undefined && !['sqlite', 'postgres'].includes(values.only)) fail(USAGE)
    return { ...values, files: positionals }
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`)
  }
}

function fromRoot(file) {
  return relative(root, resolve(file)).replaceAll('\\', '/')
}

function fail(text) {
  process.stderr.write(`check: ${text}\n`)
  process.exit(2)
}
