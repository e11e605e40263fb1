import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { assertError, startApostrophe } from '../../support/apostrophe.ts'
import {
  assertHidden,
  assertInvalid,
  declared,
  get,
  make,
  newsroom,
  startNewsroom,
  titles,
} from '../../support/pieces.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let memo: string
let hiddenArticle: string
let shownArticle: string

before(async () => {
  server = await startNewsroom(newsroom)
  memo = String((await make(server, 'memo', { title: 'Plan', text: 'secret plan' })).aposDocId)
  hiddenArticle = String((await make(server, 'article', { title: 'House', visibility: 'loginRequired' })).aposDocId)
  shownArticle = String((await make(server, 'article', { title: 'Anchor', price: 1, body: 'zebra' })).aposDocId)
  server.clock.advance(1000)
  await make(server, 'article', {
    title: 'Bell',
    price: 2,
    body: 'yak',
    color: 'red',
    weight: 7,
    place: { town: 'Almsford', street: 'Quay 1' },
    pictures: [{ caption: 'One', address: 'https://example.com/1' }],
    relatedIds: [shownArticle, hiddenArticle],
    _memos: [memo],
  })
})
after(() => server.close())

const viewers = ['anonymous', 'guest'] as const

describe('who sees the projection', () => {
  test('gets the projected members and those that are always there, and nothing else', async () => {
    const { body } = await get(server, 'anonymous', 'article?title=Bell')
    const [bell] = body.results as unknown as readonly object[]
    assert.deepEqual(Object.keys(bell ?? {}).sort(), [
      '_id',
      '_related',
      '_url',
      'cacheInvalidatedAt',
      'metaType',
      'pictures',
      'place',
      'price',
      'relatedIds',
      'slug',
      'stocked',
      'title',
      'type',
    ])
    const { place, pictures } = bell as { place: object; pictures: object }
    assert.deepEqual([place, pictures], [{ town: 'Almsford' }, [{ caption: 'One' }]])
  })

  test('cannot widen it', async () => {
    const plain = await get(server, 'anonymous', 'article')
    for (const query of ['project[body]=1', 'project[body]=0', 'project[$where]=1', 'project=body', 'render-areas=1'])
      assert.deepEqual((await get(server, 'anonymous', `article?${query}`)).body, plain.body, query)
  })

  test('is told of related documents only what they would see of each, and of others not even the id', async () => {
    const read = async (caller: 'anonymous' | 'guest' | 'editor') => {
      const { body } = await get(server, caller, 'article?title=Bell')
      const [bell] = body.results as unknown as readonly Record<string, readonly { readonly title: string }[]>[]
      return bell ?? {}
    }
    const anonymous = await read('anonymous')
    assert.deepEqual(anonymous.relatedIds, [shownArticle])
    assert.deepEqual(
      anonymous._related?.map((each) => Object.keys(each).sort()),
      [
        [
          '_id',
          '_url',
          'cacheInvalidatedAt',
          'metaType',
          'pictures',
          'place',
          'price',
          'slug',
          'stocked',
          'title',
          'type',
        ],
      ],
    )
    assert.deepEqual(
      (await read('guest'))._related?.map(({ title }) => title),
      ['Anchor', 'House'],
    )
    const editor = await read('editor')
    assert.deepEqual(
      editor._memos?.map(({ title }) => title),
      ['Plan'],
    )
    assert.deepEqual(editor.memosIds, [memo])
  })

  test('finds by related documents only those that they see', async () => {
    for (const [caller, id, count] of [
      ['anonymous', shownArticle, 1],
      ['anonymous', hiddenArticle, 0],
      ['guest', hiddenArticle, 1],
      ['editor', hiddenArticle, 1],
    ] as const)
      assert.deepEqual((await get(server, caller, `article?_related=${id}&count=1`)).body, { count }, caller)
    assertHidden(await get(server, 'anonymous', `article?_memos=${memo}&count=1`))
  })

  test('may filter, sort, count and list values by what is projected', async () => {
    for (const query of ['price=2', 'place.town=Almsford', 'stocked=true', 'title=Bell', 'slug=bell', 'price[min]=2'])
      assert.equal((await get(server, 'anonymous', `article?${query}`)).status, 200, query)
    assert.deepEqual(titles(await get(server, 'anonymous', 'article?sort[price]=-1')), ['Bell', 'Anchor'])
    assert.equal((await get(server, 'anonymous', 'article?counts=price')).status, 200)
    assert.equal((await get(server, 'anonymous', 'article?counts=price,title&choices=stocked')).status, 200)
    for (const query of ['counts=price,title,stocked,place.town', 'counts=price,title&choices=price&choices=title'])
      assertInvalid(await get(server, 'anonymous', `article?${query}`), 'choices')
  })
})

test('what was put away is for those who see drafts, and is no question of others', async () => {
  const { article } = newsroom
  const fields = { title: 'string', text: 'string' }
  const house = await startNewsroom({
    ...newsroom,
    article: { ...article, publicApiProjection: { title: 1, archived: 1 } },
    notice: { fields, guestApiAccess: true },
  })
  try {
    for (const [type, caller] of [
      ['article', 'anonymous'],
      ['article', 'guest'],
      ['notice', 'guest'],
    ] as const) {
      const { aposDocId } = await make(house, type, { title: 'Old', archived: true })
      for (const query of ['archived=any', 'archived=true', 'archived=false'])
        assertHidden(await get(house, caller, `${type}?${query}&count=1`))
      assert.equal((await get(house, caller, `${type}/${aposDocId}`)).status, 404)
      assert.deepEqual((await get(house, caller, `${type}?count=1`)).body, { count: 0 })
      assert.equal((await get(house, 'contributor', `${type}/${aposDocId}`)).status, 200)
      assert.equal((await get(house, 'contributor', `${type}?archived=true`)).status, 200)
    }
  } finally {
    await house.close()
  }
})

test('who sees whole documents and writes none is not told of related ones that are not for them', async () => {
  const { article, memo: memos } = newsroom
  const open = { fields: article.fields, guestApiAccess: true }
  const house = await startNewsroom({ article: open, memo: { ...memos, guestApiAccess: true, viewRole: 'editor' } })
  try {
    const plan = (await make(house, 'memo', { title: 'Plan' })).aposDocId
    const related = (await make(house, 'article', { title: 'Related', _memos: [plan] })).aposDocId
    await make(house, 'article', { title: 'Whole', relatedIds: [related], _memos: [plan] })
    for (const [caller, ids] of [
      ['guest', []],
      // Who may edit sends back what they got.
      ['contributor', [plan]],
      ['editor', [plan]],
    ] as const) {
      const { body } = await get(house, caller, 'article?title=Whole')
      const [whole] = body.results as unknown as readonly Record<string, readonly object[]>[]
      assert.deepEqual(whole?.relatedIds, [related], caller)
      assert.deepEqual(whole?.memosIds, ids, caller)
      // Nor by what is related to the related.
      assert.equal(JSON.stringify(whole?._related).includes(String(plan)), caller !== 'guest', caller)
      assert.equal(whole?._memos?.length, caller === 'editor' ? 1 : 0, caller)
      const { body: found } = await get(house, caller, `article?_memos=${plan}&count=1`)
      assert.deepEqual(found, { count: 2 * ids.length }, caller)
    }
  } finally {
    await house.close()
  }
})

describe('what is not projected is no oracle', () => {
  const hidden = [
    'body',
    'color',
    'weight',
    'printedOn',
    'source',
    'code',
    'place',
    'place.street',
    'pictures',
    '_memos',
  ]
  const more = ['pictures.address', 'place.nothing', 'place.$gt', 'visibility']

  test('a filter, an order, a count or values of it are refused with one answer, whatever the value is', async () => {
    for (const caller of viewers) {
      for (const name of [...hidden, ...more]) {
        for (const value of ['red', '7', 'no such value', '', '%00', '{"$gt":""}']) {
          for (const tail of ['', '&count=1', '&page=99']) {
            assertHidden(await get(server, caller, `article?${name}=${encodeURIComponent(value)}${tail}`))
          }
        }
        assertHidden(await get(server, caller, `article?${name}[min]=1`))
        assertHidden(await get(server, caller, `article?${name}[]=1&title=Bell`))
        assertHidden(await get(server, caller, `article?sort[${name}]=1`))
        assertHidden(await get(server, caller, `article?sort[${name}]=nonsense`))
        assertHidden(await get(server, caller, `article?choices=${name}`))
        assertHidden(await get(server, caller, `article?counts=title,${name}`))
      }
      for (const name of ['createdAt', 'updatedAt', 'lastPublishedAt', 'nothing', 'archived'])
        assertHidden(await get(server, caller, `article?sort[${name}]=-1`))
      for (const value of ['true', 'any', '']) assertHidden(await get(server, caller, `article?archived=${value}`))
    }
  })

  test('the refusal comes before any value is read', async () => {
    assertHidden(await get(server, 'anonymous', 'article?price=no-number&weight=no-number'))
    assertInvalid(await get(server, 'anonymous', 'article?price=no-number'), 'price')
  })

  test('a search looks through what is projected only', async () => {
    for (const word of ['zebra', 'yak', 'quay', 'red', 'example.com'])
      for (const caller of viewers) {
        assert.deepEqual((await get(server, caller, `article?search=${word}&count=1`)).body, { count: 0 }, word)
        assert.deepEqual((await get(server, caller, `article?search=bell%20${word}&count=1`)).body, { count: 0 }, word)
      }
    assert.deepEqual((await get(server, 'editor', 'article?search=yak&count=1')).body, { count: 1 })
    // No word moves a result: the order is that of the list.
    assert.deepEqual(titles(await get(server, 'anonymous', 'article?search=e&sort[title]=1')), ['Bell'])
  })

  test('two sites that differ in what is hidden only answer alike to whatever is asked', async () => {
    const twins = await Promise.all([startNewsroom(newsroom), startNewsroom(newsroom)])
    try {
      const shown = { title: 'Twin', price: 5, place: { town: 'Almsford' }, stocked: true }
      const secrets = [
        { body: 'alpha', color: 'red', weight: 1, printedOn: '2026-01-01', code: 'one' },
        { body: 'omega', color: 'blue', weight: 2, printedOn: '2027-01-01', code: 'two' },
      ]
      const made: string[] = []
      for (const [at, twin] of twins.entries()) {
        const place = { town: 'Almsford', street: at === 0 ? 'North' : 'South' }
        made.push(String((await make(twin, 'article', { ...shown, ...secrets[at], place }))._id))
      }
      const name = fc.constantFrom(
        ...['title', 'body', 'color', 'weight', 'printedOn', 'code', 'place', 'place.town', 'place.street'],
        ...[
          'visibility',
          'archived',
          'sort[color]',
          'sort[title]',
          'sort[place.street]',
          'search',
          'choices',
          'counts',
        ],
        ...['project[body]', 'weight[min]', 'color[]', 'price', 'count', 'body[max]', 'updatedAt', 'sort[updatedAt]'],
      )
      const value = fc.constantFrom(
        '1',
        '-1',
        'red',
        'blue',
        'alpha',
        'omega',
        'north',
        'North',
        '2',
        'color',
        'body',
        'Twin',
      )
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 }), async (pairs) => {
          const query = new URLSearchParams(pairs).toString()
          const [one, other] = await Promise.all(twins.map((twin) => get(twin, 'anonymous', `article?${query}`)))
          const plain = (text = '', at: number) => text.replaceAll(made[at] ?? '', 'ID')
          assert.equal(one?.status, other?.status, query)
          assert.equal(plain(one?.text, 0), plain(other?.text, 1), query)
        }),
        { numRuns: 300 },
      )
    } finally {
      await Promise.all(twins.map((twin) => twin.close()))
    }
  })
})

test('nothing that is asked makes the server fail', async () => {
  const name = fc.oneof(
    fc.constantFrom(
      ...[
        'title',
        'price',
        'place.town',
        'pictures',
        '_related',
        'sort[price]',
        'sort[]',
        'project[title]',
        '_ids[]',
        'stocked',
      ],
      ...[
        'search',
        'choices',
        'page',
        'perPage',
        'aposMode',
        'aposLocale',
        'printedOn[min]',
        'weight',
        '__proto__',
        'code',
      ],
      ...['constructor[x]', 'place.__proto__.x', 'price[min][max]', 'archived', 'count', 'body', 'project[place.town]'],
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  )
  const value = fc.oneof(
    fc.constantFrom(
      '1',
      '-1',
      '1e400',
      '9'.repeat(30),
      "' or 1=1",
      '\0',
      '{"$gt":1}',
      'draft',
      '2026-13-41',
      '-0',
      'true',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('anonymous' as const, 'editor' as const),
      fc.constantFrom('article', `article/${shownArticle}`, 'memo'),
      fc.array(fc.tuple(name, value), { maxLength: 5 }),
      async (caller, target, pairs) => {
        const query = new URLSearchParams(
          pairs.map(([a, b]): [string, string] => [a.toWellFormed(), b.toWellFormed()]),
        ).toString()
        const answered = await get(server, caller, `${target}?${query}`)
        assert.ok(answered.status < 500, `${query} ${answered.text}`)
      },
    ),
    { numRuns: 400 },
  )
})

test('an address asks only so often what no index answers; contributors, and plain lists, are not counted', async () => {
  const limits = { enabled: true, questions: { points: 3, windowSeconds: 60 } }
  const notice = { fields: { title: 'string' }, guestApiAccess: true }
  const pieces = { types: declared({ ...newsroom, notice }), maxPerPage: 200, siteUrl: null }
  const house = await startApostrophe({}, { settings: { pieces, limits } })
  try {
    await make(house, 'article', { title: 'Anchor' })
    const ask = (query: string, caller: 'anonymous' | 'editor' = 'anonymous') => get(house, caller, `article?${query}`)
    assert.equal((await ask('search=anchor')).status, 200)
    // What is refused costs nothing.
    assert.equal((await ask('search=anchor&sort[body]=1')).status, 403)
    assert.equal((await ask('counts=price,stocked')).status, 200)
    const limited = await ask('search=anchor')
    assertError(limited, 400, 'invalid', 'Too many attempts. You may try again in a minute.')
    assert.ok(Number(limited.headers.get('retry-after')) > 0)
    // Guests count with everybody, also where they see whole documents.
    assert.equal((await get(house, 'guest', 'notice?search=anchor')).status, 400)
    assert.equal((await get(house, 'guest', 'notice?sort[title]=1')).status, 200)
    for (let times = 0; times < 5; times += 1) {
      assert.equal((await ask('title=Anchor&page=1')).status, 200)
      assert.equal((await ask('search=anchor&counts=price', 'editor')).status, 200)
    }
  } finally {
    await house.close()
  }
})
