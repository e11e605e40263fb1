import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { administrationScopes } from '../../src/core/roles.ts'
import { formatApiKey } from '../../src/crypto/api-key-format.ts'
import { type GuardRefusalCode, refusalResponse, requires } from '../../src/guard/index.ts'
import * as apostrophe from '../support/apostrophe.ts'
import { makeUser } from '../support/callers.ts'
import * as freesewing from '../support/freesewing.ts'
import * as hautai from '../support/hautai.ts'
import * as librephotos from '../support/librephotos.ts'
import { origin, type RemoteTest, sent, startRemoteTest } from '../support/remote.ts'

/* What the doors beside the native one hand out, shown to a guard in another program. */

let t: RemoteTest
before(async () => {
  const staticKeys = [
    { name: 'apostrophe-admin', key: apostrophe.keys.admin, role: 'admin', api: 'apostrophe' as const },
  ]
  const on = { enabled: true }
  t = await startRemoteTest({
    settings: { staticKeys },
    doors: { freesewing: on, apostrophe: on, librephotos: on, hautai: on },
  })
  await makeUser(t.server, 'root', 'admin')
})
after(() => t.close())

type Headers = Readonly<Record<string, string>>
const bearer = (token: unknown): Headers => ({ authorization: `Bearer ${token}` })

interface Row {
  readonly door: 'freesewing' | 'apostrophe' | 'librephotos' | 'hautai'
  readonly kind: string
  readonly make: (name: string) => Promise<Headers>
  /** Default: it is taken. */
  readonly code?: GuardRefusalCode
  /** Known without being asked about. */
  readonly provesItself?: true
}

const sewingKey = async (name: string) =>
  freesewing.sewingKey(t.server, await freesewing.tokenOf(t.server, name), 4, { name: 'of the guard' })

const rows: readonly Row[] = [
  {
    door: 'freesewing',
    kind: 'access-token',
    make: async (name) => bearer(await freesewing.tokenOf(t.server, name)),
    provesItself: true,
  },
  {
    door: 'freesewing',
    kind: 'api-key',
    make: async (name) => ({ 'x-api-key': formatApiKey(...(await sewingKey(name))) }),
  },
  {
    door: 'freesewing',
    kind: 'api-key by Basic',
    make: async (name) => ({
      authorization: `Basic ${Buffer.from((await sewingKey(name)).join(':')).toString('base64')}`,
    }),
  },
  {
    door: 'librephotos',
    kind: 'access-token',
    make: async (name) => bearer((await librephotos.obtain(t.server, name)).access),
    provesItself: true,
  },
  {
    door: 'librephotos',
    kind: 'refresh-token',
    make: async (name) => bearer((await librephotos.obtain(t.server, name)).refresh),
    code: 'credential_kind_refused',
  },
  {
    door: 'librephotos',
    kind: 'cookie with a token',
    make: async (name) => ({ cookie: `jwt=${(await librephotos.obtain(t.server, name)).access}` }),
    code: 'credentials_missing',
  },
  {
    door: 'hautai',
    kind: 'access-token',
    make: async (name) => bearer((await hautai.login(t.server, name)).access_token),
    provesItself: true,
  },
  {
    door: 'hautai',
    kind: 'refresh-token',
    make: async (name) => bearer((await hautai.login(t.server, name)).refresh_token),
    code: 'credential_kind_refused',
  },
  {
    door: 'hautai',
    kind: 'private-token',
    make: async (name) => bearer((await hautai.makePrivate(t.server, await hautai.accessOf(t.server, name))).data),
  },
  {
    door: 'apostrophe',
    kind: 'bearer-token',
    make: async (name) => bearer(await apostrophe.tokenOf(t.server, name)),
  },
  {
    door: 'apostrophe',
    kind: 'session-cookie',
    make: async (name) => ({ cookie: await apostrophe.sessionOf(t.server, name) }),
    code: 'credentials_missing',
  },
  {
    door: 'apostrophe',
    kind: 'static-key',
    make: async () => ({ authorization: `ApiKey ${apostrophe.keys.admin}` }),
    code: 'credential_malformed',
  },
]

const taken = rows.filter(({ code }) => code === undefined)
const nameOf = ({ door, kind }: Row) => `${door}, ${kind}`
const kindOf = ({ kind }: Row) => kind.split(' ')[0]
const asking = () => ({ introspect: { key: t.ownKey } })
const guards = () => [
  { guard: t.guard(), asks: false },
  { guard: t.guard(asking()), asks: true },
  { guard: t.guard({ ...asking(), feed: {} }), asks: true },
]

let people = 0
/** With the most that a role can have, so that what a door must not hand on would be seen. */
const makeAdmin = () => {
  people += 1
  return makeUser(t.server, `admin-${people}`, 'admin')
}

describe('what another door issued, at a guard elsewhere', () => {
  for (const row of rows) {
    const { door, code = null, provesItself = false } = row
    test(`${nameOf(row)}: ${code ?? 'known, and never with administration'}`, async () => {
      const user = await makeAdmin()
      const headers = await row.make(user.username)
      for (const { guard, asks } of guards()) {
        // A guard that asks about nothing says so of what it would have to ask about.
        const expected = code ?? (asks || provesItself ? null : 'credential_kind_refused')
        for (const turn of ['cold', 'warm']) {
          const verdict = await guard.check(sent(headers))
          if (!verdict.ok) {
            assert.equal(verdict.code, expected, turn)
            assert.ok(refusalResponse(verdict).status < 500)
            continue
          }
          assert.equal(expected, null, turn)
          const { value } = verdict
          assert.deepEqual([value.kind, value.api, value.user?.publicId], [kindOf(row), door, user.publicId])
          assert.ok(value.scopes.has('account:read'))
          assert.deepEqual(
            administrationScopes.filter((scope) => value.scopes.has(scope)),
            [],
          )
          const more = await guard.check(sent(headers), requires('users:read'))
          assert.ok(!more.ok && more.code === 'scope_missing')
        }
      }
    })
  }

  test('is worth less within a second when its owner is demoted, and nothing when they are disabled', async () => {
    const guard = t.guard({ ...asking(), feed: {} })
    const people = await Promise.all(taken.map(makeAdmin))
    const all = await Promise.all(taken.map(async (row, at) => sent(await row.make(people[at]?.username ?? ''))))
    const answers = () =>
      Promise.all(
        all.map(async (request) => {
          const verdict = await guard.check(request)
          return verdict.ok ? verdict.value.scopes.has('keys:write') : verdict.code
        }),
      )
    assert.deepEqual(
      await answers(),
      taken.map(() => true),
    )
    for (const { publicId } of people) await t.server.core.users.setRole(publicId, 'guest', null, origin)
    await within(1000, answers, (answer) => answer === false)
    for (const { publicId } of people) await t.server.core.users.setStatus(publicId, 'disabled', null, origin)
    await within(1000, answers, (answer) => answer === 'credential_invalid')
  })

  test('is worth nothing after the seconds of the cache where no feed tells, but for what proves itself', async () => {
    const guard = t.guard(asking())
    const asked = taken.filter(({ provesItself }) => provesItself === undefined)
    for (const row of asked) {
      const user = await makeAdmin()
      const request = sent(await row.make(user.username))
      assert.ok((await guard.check(request)).ok)
      await t.server.core.users.setStatus(user.publicId, 'disabled', null, origin)
      await t.server.core.feed.sync()
      t.server.clock.advance(10_000)
      const verdict = await guard.check(request)
      assert.ok(!verdict.ok && verdict.code === 'credential_invalid', nameOf(row))
    }
  })
})

async function within(millis: number, answers: () => Promise<unknown[]>, isRight: (answer: unknown) => boolean) {
  const begun = performance.now()
  for (;;) {
    const found = await answers()
    if (found.every(isRight)) return
    assert.ok(performance.now() - begun < millis, JSON.stringify(found))
    await new Promise((done) => setTimeout(done, 10))
  }
}
