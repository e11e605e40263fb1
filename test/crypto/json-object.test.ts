import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJsonObject } from '../../src/crypto/json-object.ts'

const parse = (text: string) => parseJsonObject(Buffer.from(text))

test('a member named twice is refused at every depth, however it is spelled', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1, "b":2,\n\t"a" \n : 1}',
    '{"alg":1,"\\u0061lg":2}',
    '{"a":{"b":1,"b":2}}',
    '{"a":[{"b":1,"b":2}]}',
    '{"a":[1,{"c":{}}],"b":"x","a":2}',
    '{"":1,"":2}',
    '{"\\"":1,"\\u0022":2}',
    '{"a\\\\":1,"a\\\\":2}',
    '{"__proto__":1,"__proto__":2}',
  ]) {
    assert.notEqual(JSON.parse(text), null)
    assert.equal(parse(text), null, text)
  }
})

test('the same name in different objects, and text that only looks like a name, are fine', () => {
  for (const text of [
    '{"a":{"a":1},"b":{"a":2}}',
    '{"a":[{"b":1},{"b":2}]}',
    '{"a":"a","b":"a","c":["a","a"]}',
    '{"a":"\\"a\\":1,","b":"{\\"a\\":2}"}',
    '{"a":":","b":"a:"}',
    '{"a\\\\":1,"a":2}',
    '{}',
  ]) {
    assert.deepEqual(parse(text), JSON.parse(text), text)
  }
})

test('anything but an object in clean UTF-8 is refused', () => {
  for (const text of ['', '[]', '[{"a":1}]', 'null', '1', '"a"', '{', '{"a":1}x', '\ufeff{}', "{'a':1}", '{"a":NaN}']) {
    assert.equal(parse(text), null, text)
  }
  assert.equal(parseJsonObject(Buffer.from('7b2261223a22ff227d', 'hex')), null)
  assert.equal(parseJsonObject(Buffer.from('7b2261223a22c0af227d', 'hex')), null)
})

test('it reads every object that JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.nat(4), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      assert.deepEqual(parse(text), JSON.parse(text))
    }),
  )
})

test('any bytes are answered, in time that grows with their number', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof parseJsonObject(bytes) === 'object'))
  const before = performance.now()
  assert.equal(parse('['.repeat(1_000_000)), null)
  parse(`{${Array.from({ length: 50_000 }, (_, index) => `"${index}":"${'\\"'.repeat(4)}"`).join()}}`)
  assert.ok(performance.now() - before < 3000)
})
