import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { bundleForBrowser } from '../support/bundle.ts'

const LIMIT = 10_000

test('the whole client is under 10 kB gzipped, and there is no server and no part of Node in it', async () => {
  const { code, files, imports } = await bundleForBrowser('src/client/index.ts')
  const size = gzipSync(code, { level: 9 }).length
  assert.ok(size > 1000 && size < LIMIT, `${size} bytes`)
  const ours = /^(src\/(client\/|errors\.ts$|types\.ts$)|node_modules\/openapi-fetch\/)/
  assert.deepEqual(
    files.filter((path) => !ours.test(path) && !path.startsWith('\0')),
    [],
  )
  assert.ok(files.includes('src/client/index.ts'))
  assert.deepEqual(imports, [])
  assert.doesNotMatch(code, /\bnode:|\brequire\(/)
})
