import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createTestCore, type TestCore } from '../support/core.ts'
import {
  codeAt,
  enrol,
  failsWith,
  goodPassword,
  makeAdmin,
  makePerson,
  ticketOf,
  visitor,
  wrongCode,
} from '../support/identity.ts'

/* A sign-in whose code and session are asked for one after the other, with one ticket. */

let t: TestCore
let secret: string
beforeEach(async () => {
  t = await createTestCore()
  await makeAdmin(t.core)
  ;({ secret } = await enrol(t, await makePerson(t.core, 'alice')))
})
afterEach(() => t.drop())

const here = visitor('127.0.0.1', 'apostrophe')
const elsewhere = visitor('127.0.0.1', 'native')
const begin = () => ticketOf(t.core.signIn.withPassword({ identifier: 'alice', password: goodPassword }, here))

test('a ticket waits for its code, is proven by it, and then lets in once, at the door that issued it', async () => {
  const ticket = await begin()
  assert.equal(await t.core.signIn.awaitsCode(ticket, here), true)
  assert.equal(await t.core.signIn.awaitsCode(ticket, elsewhere), false)
  await assert.rejects(t.core.signIn.withProvenTicket(ticket, here), failsWith('factor_required'))
  await assert.rejects(t.core.signIn.proveTicket(ticket, wrongCode(secret, t.clock), here), failsWith('factor_wrong'))
  await assert.rejects(t.core.signIn.withProvenTicket(ticket, here), failsWith('factor_required'))
  await t.core.signIn.proveTicket(ticket, codeAt(secret, t.clock), here)
  assert.equal(await t.core.signIn.awaitsCode(ticket, here), false)
  await assert.rejects(t.core.signIn.withProvenTicket(ticket, elsewhere), failsWith('one_time_invalid'))
  const { user, factors } = await t.core.signIn.withProvenTicket(ticket, here)
  assert.deepEqual([user.username, factors], ['alice', ['password', 'totp']])
  await assert.rejects(t.core.signIn.withProvenTicket(ticket, here), failsWith('one_time_invalid'))
})

test('of 50 with one ticket one proves it and one gets in', async () => {
  const [ticket, code] = [await begin(), codeAt(secret, t.clock)]
  const all = (run: () => Promise<unknown>) => Promise.allSettled(Array.from({ length: 50 }, run))
  const good = (results: readonly PromiseSettledResult<unknown>[]) =>
    results.filter(({ status }) => status === 'fulfilled').length
  assert.equal(good(await all(() => t.core.signIn.proveTicket(ticket, code, here))), 1)
  assert.equal(good(await all(() => t.core.signIn.withProvenTicket(ticket, here))), 1)
})

test('what was proven is void when the account changes, is closed, or the time is over', async () => {
  const prove = async () => {
    const ticket = await begin()
    await t.core.signIn.proveTicket(ticket, codeAt(secret, t.clock), here)
    t.clock.advance(30_000)
    return ticket
  }
  const late = await prove()
  t.clock.advance(t.settings.lifetimes.factorTicket * 1000)
  await assert.rejects(t.core.signIn.withProvenTicket(late, here), failsWith('one_time_invalid'))
  const changed = await prove()
  const alice = (await t.core.users.find('alice', here)) ?? assert.fail()
  await t.core.users.setPassword(alice.publicId, 'another horse battery', null, here)
  await assert.rejects(t.core.signIn.withProvenTicket(changed, here), failsWith('one_time_invalid'))
})
