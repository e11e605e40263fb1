import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CoreSettings } from '../../src/core/settings.ts'
import { signIn } from '../support/callers.ts'
import { createTestCore } from '../support/core.ts'
import { countingPasswords, goodPassword, makePerson, visitor } from '../support/identity.ts'
import { startTestServer } from '../support/server.ts'

/*
 * The same as test/core/guessing.test.ts does ten thousand times on counters in memory: with the counters of the store,
 * and over HTTP behind a proxy.
 */

/** Those of a new installation. */
const limits: CoreSettings['limits'] = {
  enabled: true,
  address: { points: 60, windowSeconds: 600 },
  user: { points: 10, windowSeconds: 900 },
  knownUser: { points: 20, windowSeconds: 900 },
  strangers: { points: 50, windowSeconds: 900 },
  mail: { points: 10, windowSeconds: 3600 },
  questions: { points: 120, windowSeconds: 60 },
}
const home = '192.0.2.77'
const guesses = 300
const places = 30

interface Guess {
  readonly identifier: string
  readonly address: string
}
const from = (n: number): string => `198.51.${n % places}.7`
const victim = (n: number): string => `victim-${(n * 7) % places}`

const scenarios: Readonly<Record<string, (n: number) => Guess>> = {
  'one address': (n) => ({ identifier: victim(n), address: '198.51.100.1' }),
  'many addresses on one account': (n) => ({ identifier: 'owner', address: from(n) }),
  'many addresses on many accounts': (n) => ({ identifier: victim(n), address: from(n) }),
}

for (const [name, guess] of Object.entries(scenarios)) {
  test(`counted in the store, of ${guesses} guesses from ${name} at most 50 reach a password check`, async () => {
    const counted = countingPasswords()
    const t = await createTestCore({ passwords: counted.passwords, settings: { limits } })
    try {
      await makePerson(t.core, 'owner')
      for (let n = 0; n < places; n += 1) await makePerson(t.core, `victim-${n}`)
      const ownerSignsIn = async () => {
        const before = counted.calls.verify
        await t.core.signIn.withPassword({ identifier: 'owner', password: goodPassword }, visitor(home))
        counted.calls.verify = before
      }
      await ownerSignsIn()
      counted.calls.verify = 0
      const outcomes = new Map<string, number>()
      for (let n = 0; n < guesses; n += 30) {
        if (n === guesses / 2) await ownerSignsIn()
        const batch = Array.from({ length: 30 }, async (_, at) => {
          const { identifier, address } = guess(n + at)
          const wish = { identifier, password: `guess ${n + at}` }
          const code = await t.core.signIn.withPassword(wish, visitor(address)).then(
            () => 'in',
            (error: { code?: string }) => error.code ?? String(error),
          )
          outcomes.set(code, (outcomes.get(code) ?? 0) + 1)
        })
        await Promise.all(batch)
      }
      await ownerSignsIn()
      assert.deepEqual([...outcomes.keys()].sort(), ['credentials_wrong', 'rate_limited'])
      assert.ok(counted.calls.verify > 0 && counted.calls.verify <= 50, `${counted.calls.verify} checks`)
      assert.equal(outcomes.get('credentials_wrong'), counted.calls.verify)
    } finally {
      await t.drop()
    }
  })
}

for (const [name, guess] of Object.entries(scenarios)) {
  test(`behind a proxy, of ${guesses} guesses from ${name} at most 50 are checked, at every door, and the owner gets in`, async () => {
    const server = await startTestServer({ settings: { limits }, http: { trustedProxies: ['127.0.0.1'] } })
    try {
      await makePerson(server.core, 'owner')
      for (let n = 0; n < places; n += 1) await makePerson(server.core, `victim-${n}`)
      const fromHome = { headers: { 'X-Forwarded-For': home } }
      const ownerSignsIn = async () => {
        const json = { identifier: 'owner', password: goodPassword }
        const answered = await server.send('POST', '/auth/sign-in', { ...fromHome, json })
        assert.equal(answered.status, 200, answered.text)
        return answered.body.access_token as string
      }
      const token = await ownerSignsIn()
      const statuses = new Map<number, number>()
      for (let n = 0; n < guesses; n += 20) {
        if (n === guesses / 2) await ownerSignsIn()
        const batch = Array.from({ length: 20 }, async (_, at) => {
          const { identifier, address } = guess(n + at)
          const password = `guess ${n + at}`
          const headers = { 'X-Forwarded-For': address }
          // Two doors in turn: what is counted at one counts at the other.
          const answered =
            at % 2 === 0
              ? await server.send('POST', '/auth/sign-in', { json: { identifier, password }, headers })
              : await server.send('GET', '/auth/me', { basic: [identifier, password], headers })
          statuses.set(answered.status, (statuses.get(answered.status) ?? 0) + 1)
          if (answered.status === 429) assert.match(answered.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
        })
        await Promise.all(batch)
      }
      assert.deepEqual([...statuses.keys()].sort(), [401, 429])
      assert.ok((statuses.get(401) ?? 0) <= 50, `${statuses.get(401)} checks`)
      await ownerSignsIn()
      // Limits stop password checks and nothing else.
      assert.equal(
        (await server.send('GET', '/auth/me', { token, headers: { 'X-Forwarded-For': from(0) } })).status,
        200,
      )
      assert.equal((await server.send('GET', '/auth/me', { token })).status, 200)
    } finally {
      await server.close()
    }
  })
}

test('who is no proxy of ours gets no further by claiming other addresses', async () => {
  const server = await startTestServer({ settings: { limits } })
  try {
    await makePerson(server.core, 'owner')
    await signIn(server, 'owner')
    const before = (await server.core.events.list({ kind: 'sign-in-failed' }, { limit: 200 })).items.length
    for (let n = 0; n < 100; n += 1) {
      const json = { identifier: `nobody-${n}`, password: 'guess' }
      const forwarded = { 'X-Forwarded-For': from(n), Forwarded: `for=${from(n)}`, 'X-Real-IP': from(n) }
      const answered = await server.send('POST', '/auth/sign-in', { json, headers: forwarded })
      assert.ok(answered.status === 401 || answered.status === 429, answered.text)
    }
    const failed = (await server.core.events.list({ kind: 'sign-in-failed' }, { limit: 200 })).items.slice(before)
    assert.ok(failed.length <= 50, String(failed.length))
    for (const { address } of failed) assert.equal(address, '127.0.0.1')
  } finally {
    await server.close()
  }
})
