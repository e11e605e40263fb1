import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/*
 * What a program loads that only guards its routes. Asked of Node itself, which resolves each import as in that program.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every module that Node loads for an entry of the package, by its real path below the project. */
async function loadedBy(
  entry: string,
): Promise<{ readonly own: readonly string[]; readonly packages: ReadonlySet<string> }> {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
    await import('${entry}')
    console.log(JSON.stringify(loaded))`
  const options = ['--conditions=cardea-source', '--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: root, encoding: 'utf8' })
  const urls = JSON.parse(stdout) as readonly string[]
  const paths = urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url).slice(root.length))
  return {
    own: paths.filter((path) => !path.startsWith('node_modules')),
    packages: new Set(paths.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])),
  }
}

for (const entry of ['guard', 'node', 'express', 'fastify', 'hono', 'next']) {
  test(`cardea/${entry} holds no server: neither store nor doors, and three small packages`, async () => {
    const { own, packages } = await loadedBy(`cardea/${entry}`)
    assert.ok(own.length > 1, String(own.length))
    const allowed =
      /^src\/(guard|adapters|crypto|http)\/|^src\/(errors|types)\.ts$|^src\/core\/(address-list|addresses|dot-path|public-projection|subject-cache)\.ts$/
    assert.deepEqual(
      own.filter((path) => !allowed.test(path)),
      [],
    )
    for (const path of ['src/crypto/password.ts', 'src/crypto/totp.ts', 'src/http/openapi.ts'])
      assert.ok(!own.includes(path), path)
    for (const name of packages) assert.ok(['jose', 'lru-cache', 'mingo'].includes(name), `${entry} loads ${name}`)
  })
}

test('the check sees what a server loads', async () => {
  const { own, packages } = await loadedBy('cardea')
  assert.ok(own.includes('src/server/house.ts'))
  for (const name of ['hono', 'better-sqlite3', '@node-rs/argon2']) assert.ok(packages.has(name), name)
})
