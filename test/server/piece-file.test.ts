import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseDocuments, readDocuments } from '../../src/server/piece-file.ts'
import { StartError } from '../../src/server/start-error.ts'

const parsed = (text: string | Uint8Array) => parseDocuments(Buffer.from(text as string))
const contents = (text: string) => parsed(text).lines.map(({ content }) => content)

test('a list, an object and one object a line are told apart, whatever ends their lines', () => {
  assert.deepEqual(contents('[{"a":1},{"b":2}]'), [{ a: 1 }, { b: 2 }])
  assert.deepEqual(contents('\uFEFF{\n  "a": 1\n}\n'), [{ a: 1 }])
  assert.deepEqual(parsed('{"a":1}\r\n\r\n{"b":2}\r\n').lines, [
    { line: 1, content: { a: 1 } },
    { line: 3, content: { b: 2 } },
  ])
})

test('what is no JSON is named by its line, and nothing of it is quoted', () => {
  assert.deepEqual(parsed('{"a":1}\n{"secret\n').problems, [{ line: 2, field: '', message: 'is not JSON' }])
  assert.deepEqual(parsed('[\n{"a":1},\n{"a" 2}]').problems, [
    { line: 3, field: '', message: 'is where the JSON list breaks off' },
  ])
  assert.equal(parsed('{\n'.repeat(100_000)).problems.length, 100)
})

test('bytes that are no UTF-8 are refused by their line, and not replaced', () => {
  const broken = Buffer.concat([Buffer.from('{"a":1}\n{"b":"'), Buffer.from([0xff]), Buffer.from('"}\n')])
  assert.deepEqual(parsed(broken), { lines: [], problems: [{ line: 2, field: '', message: 'is not UTF-8' }] })
  const wide = Buffer.from('[{"title":"x"}]', 'utf16le')
  assert.equal(parsed(Buffer.concat([Buffer.from([0xff, 0xfe]), wide])).problems[0]?.message, 'is not UTF-8')
})

test('whatever the bytes are, there are documents or problems, and no failure', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.json().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), (parts) => {
      const { lines, problems } = parsed(Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')])))
      assert.ok(lines.length >= 0 && problems.length <= 100)
      for (const { line } of problems) assert.ok(line >= 1)
    }),
  )
})

test('a file that is too large is not read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-pieces-'))
  try {
    const file = join(folder, 'huge.json')
    writeFileSync(file, '')
    truncateSync(file, 1024 ** 3)
    await assert.rejects(readDocuments(file), (error) => error instanceof StartError && /128 MiB/.test(error.message))
    await assert.rejects(readDocuments(folder), /cannot be read \(EISDIR\)/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
