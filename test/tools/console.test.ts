import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const tools = fileURLToPath(new URL('../../tools/', import.meta.url))
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Stands in for Vite: notes that it was called, and makes a page. */
const FAKE_VITE = `
const fs = require('node:fs')
fs.appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n')
if (fs.existsSync('vite-fails')) process.exit(3)
fs.mkdirSync('dist/console', { recursive: true })
fs.writeFileSync('dist/console/index.html', 'built')
`

/** A checkout whose packages are installed; what set-up does in it. */
function checkout() {
  const root = mkdtempSync(join(tmpdir(), 'cardea-pages-'))
  folders.push(root)
  const write = (name: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text, { mode })
  }
  for (const name of ['setup.mjs', 'console.mjs']) {
    mkdirSync(join(root, 'tools'), { recursive: true })
    cpSync(join(tools, name), join(root, 'tools', name))
  }
  write('package.json', JSON.stringify({ devDependencies: { node: process.versions.node }, allowScripts: {} }))
  write('package-lock.json', JSON.stringify({ packages: {} }))
  write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }))
  write('node_modules/node/bin/node', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, 0o755)
  write('node_modules/vite/package.json', '{ "type": "commonjs" }')
  write('node_modules/vite/bin/vite.js', FAKE_VITE)
  write('ui/src/main.tsx', 'one')
  write('src/client/index.ts', 'one')
  const setUp = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'tools', 'setup.mjs')], {
      encoding: 'utf8',
      cwd: tmpdir(),
    })
    return { status, stdout, stderr }
  }
  const calls = () =>
    existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').split('\n').length - 1 : 0
  return { root, write, setUp, calls }
}

test('a fresh clone gets its console built once, and is told so; with nothing to do set-up is silent', () => {
  const { setUp, calls, root } = checkout()
  const first = setUp()
  assert.deepEqual([first.status, first.stdout], [0, ''])
  assert.match(first.stderr, /^setup: building the console .*\nsetup: the console is built \([\d.]+ s\)\n$/)
  assert.equal(readFileSync(join(root, 'dist/console/index.html'), 'utf8'), 'built')
  assert.deepEqual(setUp(), { status: 0, stdout: '', stderr: '' })
  assert.equal(calls(), 1)
  assert.ok(!existsSync(join(root, '.cache', 'setup.lock')))
})

test('it is built again when a source of it has changed, and not when another file has', () => {
  const { setUp, calls, write } = checkout()
  setUp()
  write('src/core/keys.ts', 'two')
  write('ui/README.md', 'two')
  setUp()
  assert.equal(calls(), 1)
  write('ui/src/main.tsx', 'two')
  setUp()
  assert.equal(calls(), 2)
  write('src/client/index.ts', 'two')
  setUp()
  assert.equal(calls(), 3)
  write('ui/src/more.tsx', '')
  setUp()
  assert.equal(calls(), 4)
})

test('a build that fails says what to do, stops nothing, and is tried again the next time', () => {
  const { setUp, calls, write, root } = checkout()
  write('vite-fails', '')
  const { status, stderr } = setUp()
  assert.equal(status, 0)
  assert.match(
    stderr,
    /the console was not built, see above\. The API works without it; `npm run console` tries again\./,
  )
  rmSync(join(root, 'vite-fails'))
  assert.equal(setUp().status, 0)
  assert.equal(calls(), 2)
  assert.ok(existsSync(join(root, 'dist/console/index.html')))
})
