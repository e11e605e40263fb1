import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CardeaError } from '../../src/errors.ts'
import { parseForm, parseJson, parseMultipart, readBytes, refuseHostileValues } from '../../src/http/body.ts'

const bytes = (text: string) => Buffer.from(text)
const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof CardeaError) return error.code
    throw error
  }
  return 'fine'
}
const post = (body: string | ReadableStream, headers: Record<string, string> = {}) =>
  new Request('http://localhost/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)

test('a body over the limit is refused, announced or not, and the rest is not read', async () => {
  let pulled = 0
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 1
      controller.enqueue(new Uint8Array(1024))
    },
  })
  await assert.rejects(readBytes(post(endless), 4096), (error: CardeaError) => error.code === 'body_too_large')
  assert.ok(pulled < 20, `${pulled} chunks were pulled`)
  await assert.rejects(
    readBytes(post('abc', { 'content-length': '999999' }), 4096),
    (error: CardeaError) => error.code === 'body_too_large',
  )
  assert.equal((await readBytes(post('x'.repeat(4096)), 4096)).byteLength, 4096)
})

test('broken JSON is body_malformed and the error does not quote the body', () => {
  for (const text of ['', '{', '{"password":"hunter2hunter2"', 'NaN', '\uFEFF\uFEFF{}', "{'a':1}", '[1,]']) {
    try {
      parseJson(bytes(text))
      assert.fail(`${text} was taken`)
    } catch (error) {
      assert.ok(error instanceof CardeaError, text)
      assert.equal(error.code, 'body_malformed')
      assert.ok(!JSON.stringify([error.detail, error.message]).includes('hunter2'), 'the body is quoted')
    }
  }
  assert.equal(
    codeOf(() => parseJson(Buffer.from([0xff, 0xfe]))),
    'body_malformed',
  )
})

test('NUL, lone surrogates, __proto__ and abysmal nesting are refused by field name', () => {
  const refused = (value: unknown): string | undefined => {
    try {
      refuseHostileValues(value)
    } catch (error) {
      assert.ok(error instanceof CardeaError)
      assert.equal(error.code, 'request_invalid')
      return error.detail.fields?.[0]?.field
    }
    return undefined
  }
  assert.equal(refused({ a: { b: 'x\u0000' } }), 'a.b')
  assert.equal(refused({ name: '\ud800' }), 'name')
  assert.equal(refused(JSON.parse('{"__proto__":{"admin":true}}')), 'body')
  assert.equal(refused(JSON.parse(`{"deep":${'['.repeat(100)}${']'.repeat(100)}}`)), 'deep')
  assert.equal(refused(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))?.startsWith('0'), true)
  // JSON would say null of it.
  assert.equal(refused(JSON.parse('{"data":{"a":[1e999]}}')), 'data.a.0')
  assert.equal(refused(Number.NEGATIVE_INFINITY), 'body')
  assert.equal(refused({ large: 1e308, small: -1e-320 }), undefined)
  assert.equal(refused({ fine: ['ünïcödé ✓ 🚪', { nested: null, n: 1 }] }), undefined)
})

test('a form field given twice and a broken escape are refused', () => {
  assert.deepEqual(parseForm(bytes('a=1&b=x+y%26')), { a: '1', b: 'x y&' })
  assert.equal(
    codeOf(() => parseForm(bytes('a=1&a=2'))),
    'request_invalid',
  )
  assert.equal(
    codeOf(() => parseForm(bytes('a=%zz'))),
    'body_malformed',
  )
})

test('no bytes make the parsers fail in another way than with a clean refusal', () => {
  const known = new Set(['fine', 'body_malformed', 'request_invalid'])
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
      assert.ok(known.has(codeOf(() => refuseHostileValues(parseJson(raw)))))
      assert.ok(known.has(codeOf(() => parseForm(raw))))
    }),
    { numRuns: 2000 },
  )
  fc.assert(fc.property(fc.json(), (text) => known.has(codeOf(() => refuseHostileValues(parseJson(bytes(text)))))))
})

const boundary = 'x1'
const part = (name: string, value: string, more = '') =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const multipart = (...parts: string[]) => bytes(`${parts.join('')}--${boundary}--\r\n`)
const multipartType = `multipart/form-data; boundary=${boundary}`

test('multipart fields are read; a file is no text of any field', async () => {
  assert.deepEqual(await parseMultipart(multipart(part('a', '1'), part('b', 'zoë\r\n2')), multipartType), {
    a: '1',
    b: 'zoë\r\n2',
  })
  const file = await parseMultipart(multipart(part('a', 'bytes', '; filename="a.txt"')), multipartType)
  assert.deepEqual(file, { a: {} })
})

test('multipart that is broken is body_malformed, and the error does not quote it', async () => {
  const good = multipart(part('password', 'hunter2hunter2'))
  for (const [body, type] of [
    [good, 'multipart/form-data'],
    [good, 'multipart/form-data; boundary=other'],
    [bytes('--x1\r\nno header'), multipartType],
    [bytes('hunter2hunter2'), multipartType],
  ] as const)
    await assert.rejects(parseMultipart(body, type), (error: CardeaError) => {
      assert.equal(error.code, 'body_malformed')
      assert.ok(!JSON.stringify(error.detail).includes('hunter2'))
      return true
    })
})

test('of a repeated field the last one counts where the route says so, and it is refused elsewhere', async () => {
  const twice = multipart(part('a', '1'), part('a', '2'))
  await assert.rejects(parseMultipart(twice, multipartType), (error: CardeaError) => error.code === 'request_invalid')
  assert.deepEqual(await parseMultipart(twice, multipartType, 'last'), { a: '2' })
  assert.equal(
    codeOf(() => parseForm(bytes('a=1&a=2'))),
    'request_invalid',
  )
  assert.deepEqual(parseForm(bytes('a=1&a=2'), 'last'), { a: '2' })
})

test('no bytes make the multipart reader fail otherwise, and many fields are refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (random, framed) => {
      const noise = Buffer.from(random)
      const body = framed ? Buffer.concat([bytes(part('a', '')), noise, bytes(`\r\n--${boundary}--\r\n`)]) : noise
      try {
        await parseMultipart(body, multipartType)
      } catch (error) {
        assert.ok(error instanceof CardeaError, String(error))
      }
    }),
  )
  const many = multipart(...Array.from({ length: 201 }, (_, index) => part(`f${index}`, '')))
  await assert.rejects(parseMultipart(many, multipartType), (error: CardeaError) => error.code === 'request_invalid')
})
