import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inlineAs } from '../../src/http/disposition.ts'

test('a plain name is proposed as it is, any other in both spellings', () => {
  assert.equal(inlineAs('lake 1.jpg'), 'inline; filename="lake 1.jpg"')
  assert.equal(inlineAs('Zoë.jpg'), `inline; filename="Zo_.jpg"; filename*=UTF-8''Zo%C3%AB.jpg`)
  assert.equal(inlineAs("it's (1).jpg"), `inline; filename="it's (1).jpg"`)
  assert.equal(inlineAs('50%.jpg'), `inline; filename="50_.jpg"; filename*=UTF-8''50%25.jpg`)
})

test('no name can end the header, the quotes or the folder', () => {
  assert.equal(inlineAs('../../etc/passwd'), 'inline; filename=".._.._etc_passwd"')
  assert.equal(inlineAs('a"; x="b'), `inline; filename="a_; x=_b"; filename*=UTF-8''a%22%3B%20x%3D%22b`)
  const pattern = /^inline; filename="[ -~]*"(; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]*)?$/
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      const header = inlineAs(name)
      assert.match(header, pattern)
      assert.equal(/filename="([^"]*)"/.exec(header)?.[1]?.includes('\\'), false)
      assert.doesNotThrow(() => new Headers({ 'Content-Disposition': header }))
    }),
  )
})
