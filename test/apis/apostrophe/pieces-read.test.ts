import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { tokenOf } from '../../support/apostrophe.ts'
import { makeUser } from '../../support/callers.ts'
import type { Answered } from '../../support/http.ts'
import { as, assertInvalid, get, make, newsroom, path, startNewsroom, titles } from '../../support/pieces.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
const ids = new Map<string, string>()
const long = 'x'.repeat(300)

const documents = [
  {
    title: 'Anchor',
    color: 'red',
    price: 30,
    weight: 1.5,
    stocked: true,
    place: { town: 'Almsford', street: 'Quay 1' },
  },
  {
    title: 'Bell',
    color: 'green',
    price: 10,
    weight: -2,
    stocked: false,
    printedOn: '2026-01-31',
    code: 'Kitchen Bell',
  },
  { title: 'Compass', color: 'red', price: 20, body: `${long}one`, source: 'https://example.com/compass' },
  { title: 'Drum', color: 'blue', price: 20, body: `${long}two`, pictures: [{ caption: 'Loud & Ünique' }] },
  { title: 'Easel', body: 'Ｆｕｌｌ width', visibility: 'loginRequired' },
]

before(async () => {
  server = await startNewsroom(newsroom)
  for (const document of documents) {
    server.clock.advance(1000)
    const { aposDocId } = await make(server, 'article', document)
    ids.set(document.title, String(aposDocId))
  }
})
after(() => server.close())

const listed = async (query: string, caller: Parameters<typeof get>[1] = 'editor') => {
  const answered = await get(server, caller, `article?${query}`)
  assert.equal(answered.status, 200, answered.text)
  return answered
}

describe('a list', () => {
  test('has pages, the current page and the newest change first', async () => {
    const { body, ...answered } = await listed('perPage=2')
    assert.deepEqual([body.pages, body.currentPage], [3, 1])
    assert.deepEqual(titles({ body, ...answered }), ['Easel', 'Drum'])
    assert.deepEqual(titles(await listed('perPage=2&page=3')), ['Anchor'])
  })

  test('beyond its end is empty and says the page that was asked for; a page that is no number is the first', async () => {
    const beyond = await listed('page=900000000000000')
    assert.deepEqual(beyond.body, { pages: 1, currentPage: 900000000000000, results: [] })
    for (const page of ['0', '-4', 'x', '', '1e9', '%00'])
      assert.equal((await listed(`page=${page}`)).body.currentPage, 1)
    const none = await get(server, 'editor', 'memo')
    assert.deepEqual(none.body, { pages: 0, currentPage: 1, results: [] })
  })

  test('has 50 of a page, or as many as are asked for up to the setting, and one for what is no number', async () => {
    const short = await startNewsroom({ memo: newsroom.memo }, {}, 2)
    try {
      for (const title of ['a', 'b', 'c']) await make(short, 'memo', { title })
      for (const [query, pages] of [
        ['', 2],
        ['perPage=100', 2],
        ['perPage=1', 3],
        ['perPage=0', 3],
        ['perPage=-1', 3],
        ['perPage=many', 3],
      ] as const)
        assert.equal((await get(short, 'editor', `memo?${query}`)).body.pages, pages, query)
    } finally {
      await short.close()
    }
    assert.equal((await listed('')).body.pages, 1)
  })

  test('is sorted by fields of every kind, with what has none first, and other values than 1 and -1 mean nothing', async () => {
    assert.deepEqual(titles(await listed('sort[price]=1&sort[title]=1')), [
      'Easel',
      'Bell',
      'Compass',
      'Drum',
      'Anchor',
    ])
    assert.deepEqual(titles(await listed('sort[price]=-1&sort[title]=-1')), [
      'Anchor',
      'Drum',
      'Compass',
      'Bell',
      'Easel',
    ])
    assert.deepEqual(titles(await listed('sort[title]=-1')), ['Easel', 'Drum', 'Compass', 'Bell', 'Anchor'])
    assert.deepEqual(titles(await listed('sort[weight]=-1&perPage=2')), ['Anchor', 'Bell'])
    assert.deepEqual(titles(await listed('sort[stocked]=-1&perPage=2')), ['Anchor', 'Bell'])
    assert.deepEqual(titles(await listed('sort[createdAt]=1&perPage=1')), ['Anchor'])
    assert.deepEqual(titles(await listed('sort[slug]=1&perPage=1')), ['Anchor'])
    for (const query of [
      'sort[title]=2',
      'sort=title',
      'sort[]=1',
      'sort[nothing]=1',
      'sort[pictures]=1',
      'sort[title][x]=1',
    ])
      assert.deepEqual(titles(await listed(`${query}&perPage=1`)), ['Easel'], query)
  })

  test('is filtered by each kind of field, by several values, and by bounds', async () => {
    for (const [query, expected] of [
      ['title=Bell', 'Bell'],
      ['color=red', 'Anchor Compass'],
      ['color=red&color=blue', 'Anchor Compass Drum'],
      ['color[]=red&color[]=green', 'Anchor Bell Compass'],
      ['color=purple', ''],
      ['price=20', 'Compass Drum'],
      ['price[min]=20&price[max]=25', 'Compass Drum'],
      ['price[min]=21', 'Anchor'],
      ['weight=-2', 'Bell'],
      ['weight[max]=0', 'Bell'],
      ['stocked=true', 'Anchor'],
      ['stocked=0', 'Bell'],
      ['printedOn=2026-01-31', 'Bell'],
      ['printedOn[min]=2026-01-01', 'Bell'],
      ['source=https://example.com/compass', 'Compass'],
      ['code=kitchen-bell', 'Bell'],
      ['place.town=Almsford', 'Anchor'],
      ['place.street=Quay 1', 'Anchor'],
      ['slug=drum', 'Drum'],
      ['visibility=loginRequired', 'Easel'],
      [`body=${long}one`, 'Compass'],
      [`body=${long}`, ''],
      ['color=red&price=30', 'Anchor'],
      ['_ids[]=nothing', ''],
      ['nothing=1&_=2&color=blue', 'Drum'],
    ] as const) {
      const found = titles(await listed(query))
      assert.equal([...found].sort().join(' '), expected, query)
      assert.deepEqual((await listed(`${query}&count=1`)).body, { count: found.length }, query)
    }
  })

  test('by ids keeps their order over pages, unless another one is asked for', async () => {
    const [a, b, d] = ['Anchor', 'Bell', 'Drum'].map((title) => ids.get(title))
    const query = `_ids[]=${b}&_ids[]=${d}:en:published&_ids[]=${a}`
    assert.deepEqual(titles(await listed(query)), ['Bell', 'Drum', 'Anchor'])
    assert.deepEqual(titles(await listed(`_ids=${b},${d},${a}`)), ['Bell', 'Drum', 'Anchor'])
    assert.deepEqual(titles(await listed(`${query}&perPage=2&page=2`)), ['Anchor'])
    assert.deepEqual(titles(await listed(`${query}&sort[title]=-1`)), ['Drum', 'Bell', 'Anchor'])
  })

  test('is searched by words of all texts, whatever their case, width and field', async () => {
    for (const [words, expected] of [
      ['ANCHOR', ['Anchor']],
      ['quay alms', ['Anchor']],
      ['ünique', ['Drum']],
      ['full WIDTH', ['Easel']],
      ['anchor bell', []],
      ["' or 1=1 --", []],
      ['%', []],
    ] as const) {
      assert.deepEqual(titles(await listed(`search=${encodeURIComponent(words)}`)), expected, words)
      assert.deepEqual(titles(await listed(`autocomplete=${encodeURIComponent(words)}`)), expected, words)
    }
    assert.deepEqual(titles(await listed('search=%20%00%20&perPage=1')), ['Easel'])
  })

  test('lists values with their labels, and how often each is there', async () => {
    const { body } = await listed('choices=color,stocked&counts=price&visibility=public&perPage=1')
    assert.deepEqual(body.choices, {
      color: [
        { value: 'red', label: 'red' },
        { value: 'blue', label: 'Blue as the sea' },
        { value: 'green', label: 'green' },
      ],
      stocked: [
        { value: false, label: false },
        { value: true, label: true },
      ],
    })
    const counts = body.counts as unknown as { price: readonly object[] }
    assert.deepEqual(counts.price[0], { value: 20, label: 20, count: 2 })
  })

  test('leaves archived documents out, unless they are asked for', async () => {
    const { _id } = await make(server, 'article', { title: 'Old', archived: true })
    try {
      assert.equal((await listed('title=Old&count=1')).body.count, 0)
      assert.equal((await listed('title=Old&count=1&archived=any')).body.count, 1)
      assert.deepEqual(titles(await listed('archived=true')), ['Old'])
      assert.equal((await get(server, 'anonymous', `article/${_id}`)).status, 404)
    } finally {
      await server.send('DELETE', path('article', `/${_id}`), as('editor'))
    }
  })

  test('is asked for with characters that no database takes, and does not fail', async () => {
    for (const nul of ['%00', 'a%00b', '%ED%A0%80', '%FF']) {
      for (const query of [`slug=${nul}`, `_ids[]=${nul}`, `_related=${nul}`, `search=${nul}`, `visibility=${nul}`]) {
        const { status } = await get(server, 'editor', `article?${query}`)
        assert.ok(status === 200 || status === 400, `${query} ${status}`)
      }
      for (const query of [`title=${nul}`, `sort[${nul}]=1`, `choices=${nul}`, `project[${nul}]=1`, `${nul}=1`])
        assert.ok((await get(server, 'editor', `article?${query}`)).status < 500, query)
      assert.equal((await get(server, 'editor', `article/${nul}`)).status, 404)
    }
    for (const value of ['\0', '\ud800']) {
      const json = { __aposGetWithQuery: { slug: value, _ids: [value], search: value } }
      assert.ok((await server.send('POST', path('article'), as('editor', { json }))).status < 500)
    }
  })

  test('says which value is none of its field', async () => {
    assertInvalid(await get(server, 'editor', 'article?price=much&stocked=perhaps&color=purple'), 'price', 'stocked')
    assertInvalid(await get(server, 'editor', 'article?pictures=1'), 'pictures')
    assertInvalid(await get(server, 'editor', 'article?printedOn[min]=soon'), 'printedOn')
    // An operator is no value that happens to stand in brackets.
    for (const operator of ['$ne', '$gt', '$regex', 'gte', 'min.max', '-1'])
      for (const name of ['title', 'slug', '_related', 'place.town'])
        assertInvalid(await get(server, 'editor', `article?${name}[${encodeURIComponent(operator)}]=x`), name)
    assert.deepEqual(titles(await listed('color[0]=red&color[1]=blue&sort[title]=1')), ['Anchor', 'Compass', 'Drum'])
    assertInvalid(await get(server, 'editor', 'article?aposMode=both'), 'aposMode')
    for (const locale of ['fr', 'en:draft:x', 'private', '']) {
      for (const caller of ['anonymous', 'editor'] as const)
        assertInvalid(await get(server, caller, `article?aposLocale=${locale}`), 'aposLocale')
    }
  })
})

describe('one document', () => {
  test('is found by its id alone, with locale and mode, and the query wins over the id', async () => {
    const id = ids.get('Anchor')
    for (const [target, mode] of [
      [`${id}`, 'published'],
      [`${id}:en`, 'published'],
      [`${id}:en:published`, 'published'],
      [`${id}:en:draft`, 'draft'],
      [`${id}:en:draft?aposMode=published`, 'published'],
      [`${id}?aposLocale=en:draft`, 'draft'],
      [`${id}%3Aen%3Adraft`, 'draft'],
    ] as const) {
      const { body } = await get(server, 'editor', `article/${target}`)
      assert.equal(body._id, `${id}:en:${mode}`, target)
    }
    const elsewhere = await get(server, 'editor', `memo/${id}`)
    assert.equal(elsewhere.status, 404)
  })

  test('has all members for those who see it whole', async () => {
    const { body } = await get(server, 'editor', `article/${ids.get('Anchor')}`)
    assert.deepEqual(body.place, { town: 'Almsford', street: 'Quay 1' })
    assert.deepEqual(body.updatedBy, { title: 'System Task' })
    assert.equal(body.createdAt, body.lastPublishedAt)
    assert.equal(body._url, '/articles/anchor')
    assert.equal(body.aposLocale, 'en:published')
    assert.deepEqual([body.title, body.color, body.price, body.weight, body.stocked], ['Anchor', 'red', 30, 1.5, true])
  })

  test('has the members that are asked for, where whole documents are seen', async () => {
    const { body } = await get(server, 'editor', `article/${ids.get('Anchor')}?project[color]=1&project[place.town]=1`)
    assert.deepEqual(Object.keys(body).sort(), ['_id', 'cacheInvalidatedAt', 'color', 'metaType', 'place', 'type'])
    assert.deepEqual(body.place, { town: 'Almsford' })
    assertInvalid(await get(server, 'editor', 'article?project[color]=0'), 'project')
    assertInvalid(await get(server, 'editor', 'article?project[$where]=1'), 'project')
  })

  test('is the same for a bearer token of the same rank, and one that is dead is 401', async () => {
    await makeUser(server, 'rita', 'editor')
    await makeUser(server, 'gus', 'user')
    const id = ids.get('Easel')
    const asUser = async (name: string) =>
      server.send('GET', path('article', `/${id}`), { token: await tokenOf(server, name) })
    const whole = await asUser('rita')
    const keyed = await get(server, 'editor', `article/${id}`)
    assert.deepEqual(whole.body, keyed.body)
    assert.equal('body' in ((await asUser('gus')).body as unknown as object), false)
    const dead = await server.send('GET', path('article', `/${id}`), { token: 'gone' })
    assert.equal(dead.status, 401)
  })

  test('is what anybody sees when the address is a shared one, whoever opens it', async () => {
    const share = 'aposShareId=a&aposShareKey=b'
    assert.equal((await get(server, 'admin', `article/${ids.get('Easel')}?${share}`)).status, 404)
    assert.equal((await get(server, 'admin', `memo?${share}`)).status, 404)
    assert.deepEqual((await get(server, 'admin', `article?${share}&aposMode=draft`)).body, { name: 'forbidden' })
    assert.equal(
      'body' in ((await get(server, 'admin', `article/${ids.get('Bell')}?${share}`)).body as unknown as object),
      false,
    )
  })
})

describe('a query in the body', () => {
  const ask = (query: object, caller: Parameters<typeof get>[1] = 'editor'): Promise<Answered> =>
    server.send('POST', path('article'), as(caller, { json: { __aposGetWithQuery: query } }))

  test('is answered as one in the address, and makes nothing', async () => {
    const answered = await ask({ color: ['red', 'blue'], price: { min: 20 }, sort: { title: 1 }, perPage: 5 })
    assert.deepEqual(titles(answered), ['Anchor', 'Compass', 'Drum'])
    assert.deepEqual((await ask({ count: 1 }, 'anonymous')).body, { count: 4 })
    assert.equal((await ask({ body: 'x' }, 'anonymous')).status, 403)
    assert.deepEqual((await listed('count=1')).body, { count: 5 })
  })

  test('says the mode and the sharing as the address does', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Only a draft' }, '?aposMode=draft')
    try {
      const query = { aposMode: 'draft', title: 'Only a draft' }
      assert.deepEqual(titles(await ask(query)), ['Only a draft'])
      assert.deepEqual(titles(await ask({ aposLocale: 'en:draft', title: 'Only a draft' })), ['Only a draft'])
      assert.deepEqual(titles(await ask({ title: 'Only a draft' })), [])
      for (const caller of ['anonymous', 'guest'] as const) {
        const refused = await ask(query, caller)
        assert.deepEqual([refused.status, refused.body], [403, { name: 'forbidden' }])
      }
      const shared = { aposShareId: 'a', aposShareKey: 'b' }
      assert.deepEqual((await ask({ ...shared, count: 1 })).body, { count: 4 })
      assert.equal((await ask({ ...shared, aposMode: 'draft' })).status, 403)
      assertInvalid(await ask({ aposMode: 'dreft' }), 'aposMode')
    } finally {
      assert.equal((await server.send('DELETE', path(`article/${aposDocId}:en:draft`), as('editor'))).status, 200)
    }
  })
})

test('an address in a site is absolute', async () => {
  const site = await startNewsroom(newsroom, { siteUrl: 'https://news.example' })
  try {
    assert.equal(
      (await make(site, 'article', { title: 'Über uns' }))._url,
      'https://news.example/articles/%C3%BCber-uns',
    )
  } finally {
    await site.close()
  }
})
