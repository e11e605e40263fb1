import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { alwaysShown, createProjection, readProjection } from '../../src/core/piece-projection.ts'
import type { Json } from '../../src/core/records.ts'
import { declared, newsroom, typeOf } from '../support/pieces.ts'

type Tree = { readonly [name: string]: Json }
const isTree = (value: Json | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Dotted paths of all that is no object or list, lists left out of the path. */
function leaves(value: Json, above = ''): readonly (readonly [string, Json])[] {
  if (Array.isArray(value)) return value.length === 0 ? [[above, value]] : value.flatMap((each) => leaves(each, above))
  if (!isTree(value)) return [[above, value]]
  const members = Object.entries(value)
  return members.length === 0
    ? [[above, value]]
    : members.flatMap(([name, inner]) => leaves(inner, above === '' ? name : `${above}.${name}`))
}

const names = ['a', 'b', 'c', 'd'] as const
const name = fc.constantFrom(...names)
const { tree } = fc.letrec<{ tree: Tree; value: Json }>((tie) => ({
  tree: fc.dictionary(name, tie('value'), { maxKeys: 4 }) as fc.Arbitrary<Tree>,
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer() as fc.Arbitrary<Json>,
    fc.string() as fc.Arbitrary<Json>,
    tie('tree') as fc.Arbitrary<Json>,
    fc.array(tie('tree'), { maxLength: 3 }) as fc.Arbitrary<Json>,
  ),
}))
const paths = fc.uniqueArray(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')),
  { minLength: 1, maxLength: 4 },
)

describe('what comes out', () => {
  test('is projected, or always there; every value is one that went in at that place', () => {
    fc.assert(
      fc.property(tree, paths, (inner, projected) => {
        const document: Tree = { ...inner, _id: 'id', type: 't', metaType: 'doc', cacheInvalidatedAt: 'now', slug: 's' }
        const [shown] = createProjection(projected).apply([document])
        const allowed = [...projected, ...alwaysShown]
        const before = new Set(leaves(document).map((leaf) => JSON.stringify(leaf)))
        for (const [path, value] of leaves(shown ?? {})) {
          const isEmpty = Array.isArray(value) || isTree(value)
          const fits = (each: string) =>
            path === each || path.startsWith(`${each}.`) || (isEmpty && each.startsWith(`${path}.`))
          assert.ok(path === '' || allowed.some(fits), `${path} of ${JSON.stringify(shown)}`)
          if (!isEmpty) assert.ok(before.has(JSON.stringify([path, value])), path)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('is never changed by what else is in the document', () => {
    fc.assert(
      fc.property(tree, tree, paths, (one, other, projected) => {
        const tops = projected.map((path) => path.split('.')[0])
        const hidden = Object.fromEntries(Object.entries(other).filter(([member]) => !tops.includes(member)))
        const shown = Object.fromEntries(Object.entries(one).filter(([member]) => tops.includes(member)))
        const { apply } = createProjection(projected)
        assert.deepEqual(apply([{ ...hidden, ...shown }]), apply([shown]))
      }),
    )
  })

  test('leaves the document as it was', () => {
    const document = { _id: 'x', a: { b: 1, c: 2 } }
    createProjection(['a.b']).apply([document])
    assert.deepEqual(document, { _id: 'x', a: { b: 1, c: 2 } })
  })
})

test('what may be asked about is what is shown as a whole', () => {
  fc.assert(
    fc.property(paths, fc.array(name, { minLength: 1, maxLength: 3 }), (projected, path) => {
      const text = path.join('.')
      const isShown = projected.some((each) => text === each || text.startsWith(`${each}.`))
      assert.equal(createProjection(projected).covers(path), isShown)
    }),
  )
  assert.equal(createProjection(['place.town']).covers(['place']), false)
  assert.equal(createProjection(['_url']).covers(['slug']), true)
  assert.equal(createProjection(['title']).covers(['slug']), false)
})

describe('a map in the configuration', () => {
  const types = new Map(declared(newsroom).map((type) => [type.name, type]))
  const article = types.get('article') ?? typeOf({ fields: {} })
  const wrong = (map: unknown) => {
    const reading = readProjection(map, article, types)
    return 'wrong' in reading ? reading.wrong : null
  }

  test('includes fields, members of every document, and members of both', () => {
    for (const map of [
      { title: 1 },
      { title: true, 'place.town': 1, 'pictures.caption': 1 },
      { place: 1, _url: 1, slug: 1, createdAt: 1 },
      { '_related.title': 1, '_related.slug': 1, '_memos.text': 1 },
    ])
      assert.equal(wrong(map), null, JSON.stringify(map))
  })

  test('of anything else is refused with its name', () => {
    for (const [map, said] of [
      [{ title: 0 }, /"title" is excluded/],
      [{ title: 1, color: false }, /"color" is excluded/],
      [{ title: { $slice: 1 } }, /"\$slice" is an operator/],
      [{ $where: 1 }, /"\$where" is an operator/],
      [{ 'place.$': 1 }, /"place\.\$" is an operator/],
      [{ nothing: 1 }, /"nothing" is not a field/],
      [{ 'place.nothing': 1 }, /"place\.nothing" is not a field/],
      [{ 'title.length': 1 }, /"title\.length" is not a field/],
      [{ '_related.nothing': 1 }, /"_related\.nothing" is not a field/],
      [{ '_related._related': 1 }, /is not a field/],
      [{ 'place.__proto__': 1 }, /is no path/],
      [{ constructor: 1 }, /is no path/],
      [{ title: '1' }, /"title" must be 1/],
      [{ title: 2 }, /"title" must be 1/],
      [{ place: { town: 1 } }, /write members with dots/],
      [{ place: 1, 'place.town': 1 }, /"place\.town" is within "place"/],
      [{}, /must include a field/],
      [[], /must be a map/],
      ['title', /must be a map/],
    ] as const)
      assert.match(wrong(map) ?? 'nothing was wrong', said, JSON.stringify(map))
  })
})
