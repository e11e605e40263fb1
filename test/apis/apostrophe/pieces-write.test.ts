import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { assertEmpty, assertError, assertForged, keys, sessionOf, tokenOf } from '../../support/apostrophe.ts'
import { makeUser } from '../../support/callers.ts'
import type { Answered, Body } from '../../support/http.ts'
import { as, assertInvalid, get, make, newsroom, path, startNewsroom, titles } from '../../support/pieces.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startNewsroom(newsroom)
})
after(() => server.close())

const send = (method: string, target: string, json: unknown, caller: Parameters<typeof as>[0] = 'editor') =>
  server.send(method, path('article', target), as(caller, { json }))
const read = async (id: unknown) => (await get(server, 'editor', `article/${id}`)).body
const membersOf = (body: Body) => body as unknown as Readonly<Record<string, unknown>>

describe('making a document', () => {
  test('answers 200 and the document, and there is a draft of the same', async () => {
    const made = await make(server, 'article', {
      title: '  A ship  ',
      price: '12',
      weight: '.5',
      stocked: 'yes',
      color: 'blue',
    })
    assert.deepEqual([made.title, made.price, made.weight, made.stocked], ['A ship', 12, 0.5, true])
    assert.equal(made._id, `${made.aposDocId}:en:published`)
    assert.equal(made.slug, 'a-ship')
    assert.deepEqual([made._create, made._edit, made._publish, made._delete], [true, true, true, true])
    const draft = await read(`${made.aposDocId}:en:draft`)
    assert.deepEqual([draft.title, draft.price], ['A ship', 12])
  })

  test('as a draft makes nothing that is published', async () => {
    const { body } = await send('POST', '?aposMode=draft', { title: 'Draft only' }, 'contributor')
    assert.equal(body._id, `${body.aposDocId}:en:draft`)
    assert.equal(body.lastPublishedAt, null)
    assert.equal((await get(server, 'editor', `article/${body.aposDocId}`)).status, 404)
  })

  test('takes no member that the server sets, and passes over what is no field', async () => {
    const hostile = {
      title: 'Mine',
      _id: 'cmine0000:en:published',
      aposDocId: 'cmine0000',
      type: 'memo',
      createdAt: '1999-01-01',
      updatedBy: { title: 'root' },
      lastPublishedAt: '1999-01-01',
      ownerId: 1,
      owner_id: 1,
      nothing: 1,
      constructor: { x: 1 },
    }
    const { body: refused } = await send('POST', '', hostile)
    assert.equal(refused.type, 'article')
    assert.notEqual(refused.aposDocId, 'cmine0000')
    assert.notEqual(refused.createdAt, '1999-01-01')
    assert.deepEqual(refused.updatedBy, { title: 'System Task' })
    assert.equal('nothing' in refused || 'ownerId' in membersOf(refused), false)
  })

  test('names every field that is wrong', async () => {
    assertInvalid(await send('POST', '', {}), 'title')
    const wrong = {
      title: 'x'.repeat(101),
      price: -1,
      weight: 'heavy',
      stocked: 'perhaps',
      color: 'purple',
      printedOn: '2026-02-30',
      source: 'javascript:alert(1)',
      place: 'here',
      pictures: [{ caption: '' }, { caption: 'x', address: 'ftp://example.com' }],
      _related: 'x',
      visibility: 'nobody',
      archived: 'yes',
      slug: 7,
    }
    const answered = await send('POST', '', wrong)
    const places = ['title', 'color', 'price', 'weight', 'stocked', 'printedOn', 'source', 'place']
    const rest = ['pictures.0.caption', 'pictures.1.address', '_related', 'visibility', 'archived', 'slug']
    assertInvalid(answered, ...places, ...rest)
    const missing = await send('POST', '', { title: '' })
    assert.deepEqual(missing.body.data, {
      errors: [{ name: 'required', code: 422, message: 'required', data: {}, path: 'title' }],
    })
  })

  test('takes http and https addresses only', async () => {
    for (const source of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      '//example.com',
      '/path',
      'http:example.com',
      'https://',
      'https://exa mple.com',
      'https://example.com\\@evil.example',
      'java\nscript:alert(1)',
      'https://example.com/\u202e',
    ])
      assertInvalid(await send('POST', '', { title: 'x', source }), 'source')
    for (const source of ['http://example.com', 'https://example.com:8443/a?b=c#d', ''])
      assert.equal((await send('POST', '', { title: 'x', source })).status, 200, source)
  })

  test('numbers a slug that is made of the title, and refuses one that is asked for and taken', async () => {
    const slugs: string[] = []
    for (let left = 7; left > 0; left -= 1) slugs.push(String((await make(server, 'article', { title: 'Same!' })).slug))
    assert.equal(new Set(slugs).size, 7)
    assert.deepEqual(slugs.slice(0, 3), ['same', 'same-1', 'same-2'])
    assertError(await send('POST', '', { title: 'x', slug: 'SAME' }), 409, 'conflict')
    assert.equal(
      (await server.send('POST', path('memo'), as('editor', { json: { title: 'x', slug: 'same' } }))).status,
      200,
    )
    const signs = await make(server, 'article', { title: '???' })
    assert.equal(signs.slug, signs.aposDocId)
  })

  test('reads forms and JSON in forms, and refuses lists and scalars', async () => {
    const form = await server.send('POST', path('article'), as('editor', { form: { title: 'Form', price: '3' } }))
    assert.deepEqual([form.status, form.body.price], [200, 3])
    const raw = JSON.stringify({ title: 'a&b=c+d%' })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: `ApiKey ${keys.editor}` }
    assert.equal((await server.send('POST', path('article'), { raw, headers })).body.title, 'a&b=c+d%')
    for (const json of [[], [1], 'text', 7, true])
      assert.equal((await send('POST', '', json)).status, 400, JSON.stringify(json))
  })

  test('a blank one is answered to whoever gets past the projection, cut to it', async () => {
    const ask = (caller: Parameters<typeof as>[0], type = 'article') =>
      server.send('POST', path(type), as(caller, { json: { _newInstance: true } }))
    const whole = membersOf((await ask('contributor')).body)
    assert.deepEqual([whole.price, whole.color, whole.place], [null, '', { town: '', street: '' }])
    const cut = membersOf((await ask('guest')).body)
    assert.equal('color' in cut || 'body' in cut, false)
    assert.equal((await ask('anonymous', 'memo')).status, 404)
    assert.equal((await get(server, 'editor', 'article?title=&count=1')).body.count, 0)
  })
})

describe('changing a document', () => {
  test('by PATCH keeps what is not named', async () => {
    const { aposDocId, slug } = await make(server, 'article', { title: 'Lamp', price: 5, visibility: 'loginRequired' })
    server.clock.advance(5000)
    const { body } = await send('PATCH', `/${aposDocId}`, { title: 'Lantern', _id: 'other', type: 'memo' })
    assert.deepEqual([body.title, body.price, body.visibility, body.slug], ['Lantern', 5, 'loginRequired', slug])
    assert.notEqual(body.updatedAt, body.createdAt)
    assert.equal((await read(`${aposDocId}:en:draft`)).title, 'Lantern')
  })

  test('by PUT gives what is not named its default, and makes nothing public by leaving it out', async () => {
    const { aposDocId, slug } = await make(server, 'article', { title: 'Lamp', price: 5, visibility: 'loginRequired' })
    const { body } = await send('PUT', `/${aposDocId}`, { title: 'Lantern' })
    assert.deepEqual([body.title, body.price, body.visibility, body.slug], ['Lantern', null, 'loginRequired', slug])
    assertInvalid(await send('PUT', `/${aposDocId}`, { price: 5 }), 'title')
  })

  test('by dotted path reaches into objects and lists, by index and by the id of an item', async () => {
    const { aposDocId } = await make(server, 'article', {
      title: 'Paths',
      place: { town: 'Almsford', street: 'Quay 1' },
      pictures: [{ caption: 'One' }, { caption: 'Two' }],
    })
    const pictures = (await read(aposDocId)).pictures as unknown as readonly { _id: string; caption: string }[]
    const { body } = await send('PATCH', `/${aposDocId}`, {
      'place.street': 'Quay 2',
      'pictures.0.caption': 'First',
      [`pictures.@${pictures[1]?._id}.address`]: 'https://example.com/2',
      'pictures.2': { caption: 'Third' },
    })
    assert.deepEqual(body.place, { town: 'Almsford', street: 'Quay 2' })
    const after = body.pictures as unknown as readonly { _id: string; caption: string; address: string }[]
    assert.deepEqual(
      after.map(({ caption, address }) => [caption, address]),
      [
        ['First', ''],
        ['Two', 'https://example.com/2'],
        ['Third', ''],
      ],
    )
    assert.deepEqual([after[0]?._id, after[1]?._id], [pictures[0]?._id, pictures[1]?._id])
  })

  test('by several patches is all or nothing', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Steps', price: 1 })
    const wrong = await send('PATCH', `/${aposDocId}`, { _patches: [{ title: 'Half' }, { price: -1 }] })
    assertInvalid(wrong, 'price')
    assert.equal((await read(aposDocId)).title, 'Steps')
    const { body } = await send('PATCH', `/${aposDocId}`, { _patches: [{ title: 'Whole' }, { price: 2 }] })
    assert.deepEqual([body.title, body.price], ['Whole', 2])
    assertInvalid(await send('PATCH', `/${aposDocId}`, { _patches: 'x' }), '_patches')
  })

  test('refuses operators, paths that lead nowhere, and the names of the machine', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Hard' })
    for (const name of [
      '$push',
      'place.constructor',
      'place.__proto__.x',
      'constructor.prototype.x',
      '__proto__.x',
      'constructor',
      'prototype',
      'pictures.__proto__',
      'place.nothing',
      'title.length',
      'pictures.9.caption',
      'pictures.@nobody.caption',
      'place..town',
      '_related.0',
    ]) {
      const answered = await server.send(
        'PATCH',
        path('article', `/${aposDocId}`),
        as('editor', { raw: `{${JSON.stringify(name)}: "x"}`, headers: { 'Content-Type': 'application/json' } }),
      )
      assert.equal(answered.status, 400, `${name} ${answered.text}`)
      assert.equal(answered.body.name, 'invalid')
    }
    assert.equal(({} as { x?: string }).x, undefined)
    assert.equal((await read(aposDocId)).title, 'Hard')
  })

  test('whose slug another one has is a conflict, and nothing of it stays', async () => {
    await make(server, 'article', { title: 'Taken place' })
    const { aposDocId } = await make(server, 'article', { title: 'Free place' })
    assertError(await send('PATCH', `/${aposDocId}`, { title: 'x', slug: 'taken-place' }), 409, 'conflict')
    assert.deepEqual(
      [(await read(aposDocId)).title, (await read(`${aposDocId}:en:draft`)).title],
      ['Free place', 'Free place'],
    )
  })

  test('is found by what it holds now, and no more by what it held', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Old words', body: 'quicksilver' })
    await send('PATCH', `/${aposDocId}`, { body: 'mercury' })
    assert.deepEqual((await get(server, 'editor', 'article?search=quicksilver&count=1')).body, { count: 0 })
    assert.deepEqual(titles(await get(server, 'editor', 'article?search=mercury')), ['Old words'])
  })
})

describe('drafts', () => {
  test('are changed alone until they are published', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Public', price: 1 })
    const drafted = await send('PATCH', `/${aposDocId}?aposMode=draft`, { title: 'Coming' }, 'contributor')
    assert.equal(drafted.body.title, 'Coming')
    assert.equal((await read(aposDocId)).title, 'Public')
    const published = await send('POST', `/${aposDocId}/publish`, {})
    assert.equal(published.body._id, `${aposDocId}:en:draft`)
    assert.equal((await get(server, 'anonymous', `article/${aposDocId}`)).body.title, 'Coming')
  })

  test('keep what else was changed in them when something published is patched', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Both', price: 1 })
    await send('PATCH', `/${aposDocId}:en:draft`, { price: 2 })
    await send('PATCH', `/${aposDocId}`, { title: 'Both now' })
    const draft = await read(`${aposDocId}:en:draft`)
    assert.deepEqual([draft.title, draft.price], ['Both now', 2])
    assert.equal((await read(aposDocId)).price, 1)
  })

  test('are published under their slug unless it is taken', async () => {
    const { body } = await send('POST', '?aposMode=draft', { title: 'Second', slug: 'the-slug' })
    const first = await make(server, 'article', { title: 'First' })
    const other = await send('PATCH', `/${first.aposDocId}`, { slug: 'the-slug' })
    assertError(other, 409, 'conflict')
    assert.equal((await send('POST', `/${body.aposDocId}/publish`, {})).status, 200)
    assert.equal((await get(server, 'anonymous', `article/${body.aposDocId}`)).status, 200)
  })
})

describe('deleting', () => {
  test('answers 200 and nothing, and takes the draft along', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Gone' })
    assertEmpty(await server.send('DELETE', path('article', `/${aposDocId}`), as('editor')))
    for (const mode of ['published', 'draft'])
      assert.equal((await get(server, 'editor', `article/${aposDocId}:en:${mode}`)).status, 404)
    assertError(await server.send('DELETE', path('article', `/${aposDocId}`), as('editor')), 404, 'notfound')
  })

  test('of a draft is for contributors only while nothing of it is published', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Kept' })
    const remove = (id: unknown) => server.send('DELETE', path('article', `/${id}?aposMode=draft`), as('contributor'))
    assertError(await remove(aposDocId), 403, 'forbidden')
    const { body } = await send('POST', '?aposMode=draft', { title: 'Only a draft' }, 'contributor')
    assertEmpty(await remove(body.aposDocId))
    assert.equal((await read(aposDocId)).title, 'Kept')
  })
})

describe('whose documents they are', () => {
  test('is said to editors, and they go with the account; what others changed of them does not stay', async () => {
    const user = await makeUser(server, 'rita', 'editor')
    const token = await tokenOf(server, 'rita')
    const { body: own } = await server.send('POST', path('article'), { token, json: { title: 'By Rita' } })
    assert.deepEqual(own.updatedBy, { _id: user.publicId, title: 'rita', username: 'rita' })
    const { aposDocId: other } = await make(server, 'article', { title: 'By the key' })
    await server.send('PATCH', path('article', `/${other}`), { token, json: { price: 9 } })
    await server.core.users.remove(user, null, { api: 'native', address: '', userAgent: '' })
    assert.equal((await get(server, 'editor', `article/${own.aposDocId}`)).status, 404)
    const left = await read(other)
    assert.deepEqual([left.price, left.updatedBy], [9, { title: 'System Task' }])
  })

  test('every change is in the audit log, with type and id and nothing of the content', async () => {
    const { aposDocId } = await make(server, 'article', { title: 'Audited' })
    await send('PATCH', `/${aposDocId}`, { title: 'Audited again' })
    await send('POST', `/${aposDocId}/publish`, {})
    await server.send('DELETE', path('article', `/${aposDocId}`), as('editor'))
    const { items } = await server.core.events.list({}, { limit: 4 })
    assert.deepEqual(items.map(({ kind }) => kind).reverse(), [
      'document-created',
      'document-changed',
      'document-published',
      'document-removed',
    ])
    for (const { data, keyId, credential } of items) {
      assert.deepEqual(data, { type: 'article', document: aposDocId })
      assert.deepEqual([keyId, credential], ['apostrophe-editor', 'static-key'])
    }
  })
})

describe('forged calls', () => {
  test('without the CSRF cookie are refused before anything is looked up', async () => {
    for (const target of ['article', 'memo', 'article/c00000000000000000000000'])
      for (const method of ['POST', 'PATCH', 'DELETE']) {
        const wish = method === 'DELETE' ? {} : { json: { title: 'x' } }
        assertForged(await server.send(method, `/api/v1/${target}`, wish))
      }
  })

  test('with a session need it too, and a page elsewhere gets nowhere', async () => {
    await makeUser(server, 'ed', 'editor')
    const jar = await sessionOf(server, 'ed')
    const json = { title: 'By cookie' }
    assert.equal((await server.send('POST', path('article'), { cookie: jar, json })).status, 200)
    const sid = jar.split('; ').find((cookie) => cookie.startsWith('cardea.sid=')) ?? ''
    assertForged(await server.send('POST', path('article'), { cookie: sid, json }))
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
    assertForged(await server.send('POST', path('article'), { cookie: jar, json, headers }))
  })
})

test('of 20 documents with one slug made side by side exactly one is there', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => send('POST', '', { title: 'Race', slug: 'race' })))
  assert.equal(all.filter(({ status }) => status === 200).length, 1)
  assert.equal(all.filter(({ status }) => status === 409).length, 19)
  assert.deepEqual((await get(server, 'editor', 'article?slug=race&count=1')).body, { count: 1 })
})

test('nothing that is written makes the server fail, and the document can be read after whatever it took', async () => {
  const { aposDocId } = await make(server, 'article', { title: 'Target' })
  const text = fc.string({ unit: 'binary', maxLength: 30 })
  const anything = fc.anything({
    key: fc.oneof(text, fc.constantFrom('caption', 'town', '_id', '__proto__', 'constructor')),
    values: [text, fc.double(), fc.boolean(), fc.constant(null), fc.maxSafeInteger()],
    maxDepth: 4,
  })
  const name = fc.oneof(
    fc.constantFrom('title', 'price', 'weight', 'stocked', 'place', 'pictures', 'pictures.0', 'place.town', '_related'),
    fc.constantFrom(
      'slug',
      'visibility',
      'archived',
      '_patches',
      '_newInstance',
      '__aposGetWithQuery',
      'body',
      'relatedIds',
    ),
    text,
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('POST', 'PUT', 'PATCH'),
      fc.array(fc.tuple(name, anything), { maxLength: 4 }),
      async (method, pairs) => {
        const target = method === 'POST' ? '' : `/${aposDocId}`
        const answered: Answered = await send(method, target, Object.fromEntries(pairs))
        assert.ok(answered.status < 500, `${method} ${JSON.stringify(pairs)} ${answered.text}`)
        if (answered.status === 200 && method !== 'POST')
          assert.equal((await get(server, 'editor', `article/${aposDocId}`)).status, 200)
      },
    ),
    { numRuns: 400 },
  )
})
