import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPublicProjection } from '../../src/core/public-projection.ts'

const project = createPublicProjection(['title', 'author.name'])
const item = { _id: 1, title: 'a', secret: 's', author: { name: 'b', email: 'e' }, list: [1] }
const shown = { title: 'a', author: { name: 'b' } }

test('an object, a list and the results of an envelope are reduced to what is named', () => {
  assert.deepEqual(project(item), shown)
  assert.deepEqual(project([item, item]), [shown, shown])
  assert.deepEqual(
    project({ results: [item], count: 1, next: 'http://x/?cursor=s', pages: 2, secret: 's', total: '3' }),
    {
      count: 1,
      pages: 2,
      results: [shown],
    },
  )
  assert.deepEqual(project({}), {})
  assert.deepEqual(project([]), [])
  assert.deepEqual(project([{ author: [{ name: 'b', email: 'e' }] }]), [{ author: [{ name: 'b' }] }])
})

test('_id is shown only where it is named', () => {
  assert.deepEqual(createPublicProjection(['_id'])(item), { _id: 1 })
  assert.deepEqual(createPublicProjection(['results.title', 'count'])({ results: [item], count: 1, x: 2 }), {
    results: [{ title: 'a' }],
    count: 1,
  })
})

test('what is no object and no list of objects is not shown at all', () => {
  for (const answer of [null, 1, 'secret', true, ['secret'], [item, 'secret'], [[item]], { results: ['secret'] }])
    assert.equal(project(answer), null, JSON.stringify(answer))
})

test('whatever a service answers, nothing but the named members leaves', () => {
  const key = fc.constantFrom('title', 'author', 'name', 'secret', '_id', 'results', '__proto__', 'count')
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('SECRET', 1, null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }))
  const walk = (part: unknown, path: readonly string[]): void => {
    if (Array.isArray(part)) for (const each of part) walk(each, path)
    else if (typeof part === 'object' && part !== null)
      for (const [name, inner] of Object.entries(part)) walk(inner, [...path, name])
    else if (path.length > 0) {
      const [first, second] = path[0] === 'results' ? path.slice(1) : path
      assert.ok(
        first === 'title' || (first === 'author' && second === 'name') || first === 'count' || first === undefined,
        path.join('.'),
      )
    } else assert.equal(part, null)
  }
  fc.assert(
    fc.property(value, (answer) => walk(project(JSON.parse(JSON.stringify(answer))), [])),
    { numRuns: 500 },
  )
})
