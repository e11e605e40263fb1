import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MANIFEST = new URL('../../package.json', import.meta.url)
const LAUNCHER = fileURLToPath(new URL('../../bin/cardea.mjs', import.meta.url))
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder with the launcher and these files. `old` makes the launcher believe that it runs on Node 20. */
function install(files: Record<string, string>, { old = false } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'cardea-launcher-'))
  folders.push(root)
  const all: Record<string, string> = {
    'package.json': '{ "type": "module" }',
    'old.mjs': `if (process.argv[1].endsWith('cardea.mjs')) {
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })
      Object.defineProperty(process, 'version', { value: 'v20.20.2' })
    }`,
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  mkdirSync(join(root, 'bin'))
  cpSync(LAUNCHER, join(root, 'bin', 'cardea.mjs'))
  const command = [...(old ? ['--import', join(root, 'old.mjs')] : []), join(root, 'bin', 'cardea.mjs')]
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8', input: 'from stdin' })
  return { root, command, run }
}

const tell = (from: string) => `console.log('${from}', process.argv.slice(2).join('+'))\nprocess.exitCode = 3\n`
const READY = { 'node_modules/.cardea-setup.json': '{}' }

function pinNode(root: string) {
  mkdirSync(join(root, 'node_modules', 'node', 'bin'), { recursive: true })
  symlinkSync(process.execPath, join(root, 'node_modules', 'node', 'bin', 'node'))
}

test('the package runs what was built, with arguments and exit code', () => {
  const { run } = install({ 'dist/cli/main.js': tell('dist') })
  const { status, stdout, stderr } = run('user', 'list')
  assert.deepEqual([status, stdout, stderr], [3, 'dist user+list\n', ''])
})

test('in a checkout the sources win over what was built before', () => {
  const { run } = install({ 'dist/cli/main.js': tell('dist'), 'src/cli/main.ts': tell('src'), ...READY })
  assert.equal(run('x').stdout, 'src x\n')
})

test('npm start hands arguments on to the server and is the server itself, so that signals reach it', () => {
  const { start } = JSON.parse(readFileSync(MANIFEST, 'utf8')).scripts
  const { root } = install({ 'src/cli/main.ts': `${tell('src')}console.log(process.pid)\n` })
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }
  const { pid, stdout } = spawnSync('sh', ['-c', `${start} --port 4001`], { cwd: root, env, encoding: 'utf8' })
  assert.equal(stdout, `src serve+--port+4001\n${pid}\n`)
})

test('main believes that it was started itself', () => {
  const main = 'console.log(process.argv[1]?.endsWith("main.ts"))'
  assert.equal(install({ 'src/cli/main.ts': main, ...READY }).run().stdout, 'true\n')
})

test('on an older Node a checkout runs by the pinned one, with standard input, arguments and exit code', () => {
  const main = `process.stdin.on('data', (data: Buffer) => console.log(String(data)))\n${tell('src')}`
  const { root, run } = install({ 'src/cli/main.ts': main, ...READY }, { old: true })
  pinNode(root)
  const { status, stdout, stderr } = run('a', 'b c')
  assert.deepEqual([status, stdout, stderr], [3, 'src a+b c\nfrom stdin\n', ''])
})

test('on an older Node the package says in one line what it needs', () => {
  const { status, stdout, stderr } = install({ 'dist/cli/main.js': tell('dist') }, { old: true }).run()
  assert.deepEqual([status, stdout, stderr], [1, '', 'cardea: Node 24 or newer is needed, this is v20.20.2.\n'])
})

test('a fresh clone is set up first, and what that prints is no part of the answer', () => {
  const setup = 'console.log("installing")'
  const { run } = install({ 'src/cli/main.ts': tell('src'), 'tools/setup.mjs': setup })
  const { status, stdout, stderr } = run()
  assert.deepEqual([status, stdout, stderr], [3, 'src \n', 'installing\n'])
})

test('a set-up that fails ends the command', () => {
  const { run } = install({ 'src/cli/main.ts': tell('src'), 'tools/setup.mjs': 'process.exit(1)' })
  assert.deepEqual([run().status, run().stdout], [1, ''])
})

for (const old of [false, true]) {
  test(`SIGTERM reaches the command once and its exit code comes back (${old ? 'pinned' : 'same'} Node)`, async () => {
    const main = `let times = 0
      const stay = setInterval(() => {}, 1000)
      process.on('SIGTERM', () => { times += 1; setTimeout(() => { clearInterval(stay); console.log('times', times); process.exitCode = 5 }, 50) })
      console.log('up')`
    const { root, command } = install({ 'src/cli/main.ts': main, ...READY }, { old })
    pinNode(root)
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (data) => {
      if (out === '') child.kill('SIGTERM')
      out += data
    })
    const code = await new Promise((done) => child.once('close', done))
    assert.deepEqual([code, out], [5, 'up\ntimes 1\n'])
  })
}
