import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Rank } from '../../../src/core/piece-types.ts'
import type { Answered, Body } from '../../support/http.ts'
import { as, type Caller, callers, get, path, startNewsroom } from '../../support/pieces.ts'
import type { TestServer } from '../../support/server.ts'
import { testEngine } from '../../support/store.ts'

/*
 * Who sees and writes what: every caller x every kind of type x both visibilities x both modes. What is expected is
 * worked out here from the rows of the contract, in other words than the product does it.
 */

const bits = [false, true]
const viewRoles = ['', 'guest', 'contributor', 'editor', 'admin'] as const
const writeRoles = ['', 'admin'] as const

interface Kind {
  readonly name: string
  readonly projection: boolean
  readonly guestApi: boolean
  readonly viewRole: (typeof viewRoles)[number]
  readonly editRole: (typeof writeRoles)[number]
  readonly publishRole: (typeof writeRoles)[number]
}

const kinds: readonly Kind[] = bits
  .flatMap((projection) => bits.map((guestApi) => ({ projection, guestApi })))
  .flatMap((one) => viewRoles.map((viewRole) => ({ ...one, viewRole })))
  .flatMap((one) => writeRoles.map((editRole) => ({ ...one, editRole })))
  .flatMap((one) => writeRoles.map((publishRole) => ({ ...one, publishRole })))
  .map((one, index) => ({ name: `type${index}`, ...one }))
  // Who may is worked out above the store: on the second engine, for its queries, each value of each part once or more.
  .filter((_, index) => testEngine === 'sqlite' || index % 7 === 0)

const declaration = Object.fromEntries(
  kinds.map(({ name, projection, guestApi, ...roles }) => [
    name,
    {
      fields: { secret: 'string' },
      ...(projection ? { publicApiProjection: { title: 1 } } : {}),
      guestApiAccess: guestApi,
      ...Object.fromEntries(Object.entries(roles).filter(([, role]) => role !== '')),
    },
  ]),
)

const order: readonly Rank[] = callers
const reaches = (caller: Caller, role: string) => role === '' || order.indexOf(caller) >= order.indexOf(role as Rank)
const isStaff = (caller: Caller) => reaches(caller, 'contributor')

type Sight = 'no type' | 'nothing' | 'projected' | 'whole'

function sightOf(kind: Kind, caller: Caller): Sight {
  const whole = isStaff(caller) || (kind.guestApi && caller === 'guest')
  if (!whole && !kind.projection) return 'no type'
  if (!reaches(caller, kind.viewRole)) return 'nothing'
  return whole ? 'whole' : 'projected'
}

const mayEdit = (kind: Kind, caller: Caller) =>
  isStaff(caller) && reaches(caller, kind.viewRole) && reaches(caller, kind.editRole || 'contributor')
const mayPublish = (kind: Kind, caller: Caller) =>
  mayEdit(kind, caller) && reaches(caller, kind.publishRole || 'editor')

const always = ['_id', 'cacheInvalidatedAt', 'metaType', 'type']
const bare = { name: 'forbidden' }
const forbidden = { name: 'forbidden', data: {}, message: 'forbidden' }
const notfound = { name: 'notfound', data: {}, message: 'notfound' }

let server: TestServer
/** By type and visibility. */
const ids = new Map<string, string>()

before(async () => {
  server = await startNewsroom(declaration)
  for (const { name } of kinds) {
    for (const visibility of ['public', 'loginRequired']) {
      const json = { title: visibility, secret: 'of the house', visibility }
      const made = await server.send('POST', path(name), as('admin', { json }))
      assert.equal(made.status, 200, made.text)
      ids.set(`${name} ${visibility}`, String(made.body.aposDocId))
    }
  }
})
after(() => server.close())

const is = (answered: Answered, status: number, body: object, where: string) =>
  assert.deepEqual([answered.status, answered.body], [status, body], where)

/** The members of a document, those that tell what may be done with it apart. */
function assertDocument(document: object, sight: Sight, kind: Kind, caller: Caller, mode: string, where: string): void {
  const names = Object.keys(document).sort()
  if (sight === 'projected') {
    assert.deepEqual(names, [...always, 'title'].sort(), where)
    return
  }
  assert.ok('secret' in document, where)
  const [edit, publish] = [mayEdit(kind, caller), mayPublish(kind, caller)]
  const here = mode === 'draft' ? edit : publish
  const marks = { _create: edit, _delete: here, _edit: here, _publish: publish }
  assert.deepEqual(
    names.filter((name) => name in marks),
    Object.entries(marks)
      .filter(([, there]) => there)
      .map(([name]) => name),
    where,
  )
}

for (const caller of callers) {
  describe(`what is seen by ${caller}`, () => {
    test('of published documents, in a list and by id', async () => {
      for (const kind of kinds) {
        const sight = sightOf(kind, caller)
        const list = await get(server, caller, kind.name)
        const count = await get(server, caller, `${kind.name}?count=1`)
        const where = `${caller} ${JSON.stringify(kind)}`
        const shown = caller === 'anonymous' ? ['public'] : ['loginRequired', 'public']
        const seen = sight === 'no type' || sight === 'nothing' ? [] : shown
        if (sight === 'no type') {
          is(list, 404, notfound, where)
          is(count, 404, notfound, where)
        } else {
          assert.equal(list.status, 200, where)
          assert.deepEqual(count.body, { count: seen.length }, where)
          const results = list.body.results as unknown as readonly { readonly title: string }[]
          assert.deepEqual(results.map(({ title }) => title).sort(), seen, where)
          for (const result of results) assertDocument(result, sight, kind, caller, 'published', where)
        }
        for (const visibility of ['public', 'loginRequired']) {
          const one = await get(server, caller, `${kind.name}/${ids.get(`${kind.name} ${visibility}`)}`)
          if (!seen.includes(visibility)) is(one, 404, notfound, where)
          else {
            assert.equal(one.status, 200, where)
            assertDocument(one.body as unknown as object, sight, kind, caller, 'published', where)
          }
        }
      }
    })

    test('of drafts, by the query and by the id', async () => {
      for (const kind of kinds) {
        const where = `${caller} ${JSON.stringify(kind)}`
        const list = await get(server, caller, `${kind.name}?aposMode=draft`)
        const id = ids.get(`${kind.name} loginRequired`)
        const byId = await get(server, caller, `${kind.name}/${id}:en:draft`)
        const byQuery = await get(server, caller, `${kind.name}/${id}?aposMode=draft`)
        if (!isStaff(caller)) {
          is(list, 403, bare, where)
          is(byQuery, 403, bare, where)
          is(byId, 403, forbidden, where)
        } else if (!reaches(caller, kind.viewRole)) {
          assert.deepEqual(list.body, { pages: 0, currentPage: 1, results: [] }, where)
          is(byId, 404, notfound, where)
        } else {
          assert.equal((list.body.results as unknown as object[]).length, 2, where)
          assert.equal(byId.body._id, `${id}:en:draft`, where)
          assertDocument(byId.body as unknown as object, 'whole', kind, caller, 'draft', where)
        }
      }
    })

    test('a draft that was never published is seen as published by nobody', async () => {
      for (const kind of kinds) {
        const made = await server.send(
          'POST',
          path(kind.name, '?aposMode=draft'),
          as('admin', { json: { title: 'x' } }),
        )
        is(await get(server, caller, `${kind.name}/${made.body.aposDocId}`), 404, notfound, kind.name)
        await server.send('DELETE', path(kind.name, `/${made.body._id}`), as('admin'))
      }
    })
  })

  describe(`what is written by ${caller}`, () => {
    /** A refusal that leaves everything as it was, or success. */
    const expected = (kind: Kind, may: boolean, refusal: 'forbidden' | 'notfound') =>
      may
        ? { status: 200, body: null }
        : sightOf(kind, caller) === 'no type' || refusal === 'notfound'
          ? { status: 404, body: notfound }
          : { status: 403, body: forbidden }
    const ofDraft = (kind: Kind, refusal: 'forbidden' | 'notfound') =>
      isStaff(caller) ? expected(kind, mayEdit(kind, caller), refusal) : { status: 403, body: bare }

    test('is what the roles of the type allow, and nothing else changes anything', async () => {
      for (const kind of kinds) {
        const where = `${caller} ${JSON.stringify(kind)}`
        const { aposDocId: id } = await makeAs('admin', kind)
        const publishes = mayPublish(kind, caller)
        const publishRefusal = isStaff(caller) && reaches(caller, kind.viewRole) ? 'forbidden' : 'notfound'
        const rows = [
          ['POST', '', expected(kind, publishes, 'forbidden')],
          ['POST', '?aposMode=draft', ofDraft(kind, 'forbidden')],
          ['PATCH', `/${id}`, expected(kind, publishes, 'notfound')],
          ['PUT', `/${id}`, expected(kind, publishes, 'notfound')],
          ['PATCH', `/${id}?aposMode=draft`, ofDraft(kind, 'notfound')],
          ['PUT', `/${id}?aposMode=draft`, ofDraft(kind, 'notfound')],
          ['POST', `/${id}/publish`, expected(kind, publishes, publishRefusal)],
          ['DELETE', `/${id}`, expected(kind, publishes, 'notfound')],
        ] as const
        for (const [method, target, { status, body }] of rows) {
          const before = await server.send('GET', path(kind.name, `/${id}`), as('admin'))
          const wish = method === 'DELETE' ? {} : { json: { title: `by ${caller}` } }
          const answered = await server.send(method, path(kind.name, target), as(caller, wish))
          assert.equal(answered.status, status, `${method} ${target} ${where} ${answered.text}`)
          if (body === null) {
            if (method === 'POST' && !target.includes('publish')) await sweep(kind, answered.body)
            continue
          }
          assert.deepEqual(answered.body, body, `${method} ${target} ${where}`)
          const later = await server.send('GET', path(kind.name, `/${id}`), as('admin'))
          assert.deepEqual(later.body, before.body, where)
        }
        await server.send('DELETE', path(kind.name, `/${id}`), as('admin'))
      }
    })

    test('an unknown document is 404, whatever is done with it', async () => {
      for (const kind of kinds.slice(0, 12)) {
        for (const method of ['PATCH', 'PUT', 'DELETE'] as const) {
          for (const id of [
            'c00000000000000000000000',
            'nothing',
            'c00000000000000000000000:fr:published',
            "a'b",
            '%00',
          ]) {
            const wish = method === 'DELETE' ? {} : { json: { title: 'x' } }
            is(await server.send(method, path(kind.name, `/${id}`), as(caller, wish)), 404, notfound, `${method} ${id}`)
          }
        }
      }
    })
  })
}

/** What a test made goes again: the others count. */
async function sweep({ name }: Kind, made: Body): Promise<void> {
  const gone = await server.send('DELETE', path(name, `/${made._id}`), as('admin'))
  assert.equal(gone.status, 200, gone.text)
}

async function makeAs(caller: Caller, { name }: Kind) {
  const made = await server.send('POST', path(name), as(caller, { json: { title: 'before' } }))
  assert.equal(made.status, 200, made.text)
  return made.body
}

test('a credential that may only read writes nothing, whatever its rank', async () => {
  const [first] = kinds
  assert.ok(first !== undefined)
  const { aposDocId } = await makeAs('admin', first)
  const user = await server.core.users.create(
    { username: 'sam', email: null, password: null, role: 'support', kind: 'service' },
    null,
    { api: 'native', address: '127.0.0.1', userAgent: 'test' },
  )
  const key = await server.core.keys.issueFor(user, { name: 'reading' }, { api: 'native', address: '', userAgent: '' })
  const headers = { Authorization: `ApiKey ${key.token}` }
  const seen = await server.send('GET', path(first.name, `/${aposDocId}?aposMode=draft`), { headers })
  assert.equal(seen.status, 200, seen.text)
  assert.equal('_edit' in (seen.body as unknown as object), false)
  const json = { title: 'changed' }
  const written = await server.send('PATCH', path(first.name, `/${aposDocId}?aposMode=draft`), { headers, json })
  is(written, 404, notfound, 'support')
  is(await server.send('POST', path(first.name, '?aposMode=draft'), { headers, json }), 403, forbidden, 'support')
})
