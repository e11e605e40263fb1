import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createLimits } from '../../src/core/limits.ts'
import { createPlaces } from '../../src/core/places.ts'
import type { LimitRule, Purpose } from '../../src/core/records.ts'
import { createTestCore, type TestCore, testKeyTree, type testSettings } from '../support/core.ts'
import { failsWith, failureOf, makePerson, visitor } from '../support/identity.ts'

const rule = (points: number): LimitRule => ({ points, windowSeconds: 900 })
const rules = {
  enabled: true,
  address: rule(3),
  user: rule(3),
  knownUser: rule(4),
  strangers: rule(1000),
  mail: rule(2),
  questions: rule(2),
}

let t: TestCore
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

const placesOf = (keyTree = t.keyTree) => createPlaces({ ...t, keyTree })

/** Limits over the real store; each test has its own names and addresses. */
function limitsWith(patch: Partial<typeof testSettings.limits> = {}, keyTree = t.keyTree) {
  return createLimits({ ...t, keyTree, places: placesOf(keyTree), settings: { limits: { ...rules, ...patch } } })
}

test('an address has its number of tries, then is told when to come back', async () => {
  const limits = limitsWith()
  for (let tries = 0; tries < 3; tries += 1) await limits.address(visitor('198.51.100.1'))
  const error = await failureOf(limits.address(visitor('198.51.100.1')))
  assert.equal(error.code, 'rate_limited')
  const { retryAfter } = error.detail
  assert.ok(retryAfter !== undefined && retryAfter > 0 && retryAfter <= 900)
  await limits.address(visitor('198.51.100.2'))
})

test('all addresses of one IPv6 /64 share one counter, an IPv4 address and its mapped form too', async () => {
  const limits = limitsWith()
  for (const end of ['1', '2', 'ffff']) await limits.address(visitor(`2001:db8:5:5::${end}`))
  await assert.rejects(limits.address(visitor('2001:db8:5:5:1:2:3:4')), failsWith('rate_limited'))
  await limits.address(visitor('2001:db8:5:6::1'))
  for (const text of ['198.51.100.3', '::ffff:198.51.100.3', '::ffff:c633:6403']) await limits.address(visitor(text))
  await assert.rejects(limits.address(visitor('198.51.100.3')), failsWith('rate_limited'))
})

test('mails are counted by address and, without an error, by who gets them', async () => {
  const limits = limitsWith()
  for (let tries = 0; tries < 2; tries += 1) await limits.mail(visitor('198.51.100.4'))
  await assert.rejects(limits.mail(visitor('198.51.100.4')), failsWith('rate_limited'))
  await limits.address(visitor('198.51.100.4'))
  const sent = (to: string, purpose: Purpose = 'sign-in-link', known = false) => limits.mailTo(to, purpose, known)
  assert.equal(await sent('often@example.com'), true)
  assert.equal(await sent('often@example.com'), true)
  assert.equal(await sent('often@example.com'), false)
  assert.equal(await sent('seldom@example.com'), true)
  // What strangers used up is neither another purpose's nor that of the recipient's own places.
  assert.equal(await sent('often@example.com', 'reset-password'), true)
  for (const right of [true, true, false]) assert.equal(await sent('often@example.com', 'sign-in-link', true), right)
})

test('a user has one counter whatever they are called by, and a refusal tells only of the name that was typed', async () => {
  const limits = limitsWith()
  const user = await makePerson(t.core, 'many-names')
  const tries = async (name: string, from: string) => (await limits.user(name, user.id, visitor(from))).mayCompare
  assert.equal(await tries('many-names', '203.0.113.1'), true)
  assert.equal(await tries('many-names@example.com', '203.0.113.2'), true)
  assert.equal(await tries('many-names', '203.0.113.3'), true)
  // The user's tries are spent, the names' are not: nothing is compared, and nothing shows it.
  assert.equal(await tries('many-names', '203.0.113.4'), false)
  assert.equal(await tries('many-names@example.com', '203.0.113.5'), false)
  assert.equal(await tries('many-names@example.com', '203.0.113.6'), false)
  for (const name of ['many-names', 'many-names@example.com'])
    await assert.rejects(limits.user(name, user.id, visitor('203.0.113.7')), failsWith('rate_limited'))
})

test('where nobody typed a name the limit of the user is told', async () => {
  const limits = limitsWith()
  const user = await makePerson(t.core, 'in-a-session')
  for (let tries = 0; tries < 3; tries += 1) {
    assert.equal((await limits.user(null, user.id, visitor(`203.0.113.${tries}`))).mayCompare, true)
  }
  await assert.rejects(limits.user(null, user.id, visitor('203.0.113.9')), failsWith('rate_limited'))
  // They were spent for the names, too.
  assert.equal((await limits.user('in-a-session', user.id, visitor('203.0.113.9'))).mayCompare, false)
})

test('one address spends at most a fifth of the strangers budget; then it is refused and others go on', async () => {
  const limits = limitsWith({ strangers: rule(12), user: rule(100) }, testKeyTree(10))
  const from = (address: string) => limits.user('anybody', null, visitor(address))
  for (let tries = 0; tries < 3; tries += 1) await from(`2001:db8:7:7::${tries}`)
  for (let tries = 0; tries < 20; tries += 1) await assert.rejects(from('2001:db8:7:7::9'), failsWith('rate_limited'))
  for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) {
    for (let tries = 0; tries < 3; tries += 1) await from(address)
  }
  // 12 failures now: the budget of all is spent, for those who had none of it, too.
  await assert.rejects(from('203.0.113.4'), failsWith('rate_limited'))
})

test('a good try gives back what it took of every counter', async () => {
  const limits = limitsWith({ strangers: rule(1), user: rule(1) }, testKeyTree(11))
  const user = await makePerson(t.core, 'gives-back')
  for (let tries = 0; tries < 4; tries += 1) {
    const tried = await limits.user('gives-back', user.id, visitor('203.0.113.90'))
    assert.deepEqual([tried.known, tried.mayCompare], [false, true])
    await tried.giveBack()
  }
})

test('unknown names are limited like known ones', async () => {
  const limits = limitsWith()
  for (let tries = 0; tries < 3; tries += 1) await limits.user('nobody', null, visitor(`203.0.113.${tries}`))
  await assert.rejects(limits.user('nobody', null, visitor('203.0.113.9')), failsWith('rate_limited'))
  assert.equal((await limits.user('nobody-else', null, visitor('203.0.113.9'))).known, false)
})

test('strangers cannot lock a user out of a known address or device', async () => {
  const limits = limitsWith()
  const user = await makePerson(t.core, 'travels')
  const home = visitor('203.0.113.20')
  const phone = visitor('203.0.113.21', 'native', 'phone')
  await limits.remember(user.id, home)
  await placesOf().addDevice(user.id, 'phone')
  for (let tries = 0; tries < 3; tries += 1) await limits.user('travels', user.id, visitor(`203.0.113.1${tries}`))
  await assert.rejects(limits.user('travels', user.id, visitor('203.0.113.30')), failsWith('rate_limited'))
  assert.equal((await limits.user('travels', user.id, home)).known, true)
  assert.equal((await limits.user('travels', user.id, { ...phone, address: '203.0.113.99' })).known, true)
})

test('each known place has a limit of its own, and a place known to one user is not known to another', async () => {
  const limits = limitsWith()
  const [one, other] = [await makePerson(t.core, 'one'), await makePerson(t.core, 'other')]
  const [shared, home] = [visitor('203.0.113.40'), visitor('203.0.113.41')]
  for (const place of [shared, home]) await limits.remember(one.id, place)
  for (let tries = 0; tries < 4; tries += 1) await limits.user('one', one.id, shared)
  await assert.rejects(limits.user('one', one.id, shared), failsWith('rate_limited'))
  assert.equal((await limits.user('one', one.id, home)).known, true)
  assert.equal((await limits.user('other', other.id, shared)).known, false)
})

test('a good try gives its points back and makes the place known', async () => {
  // The counter of all strangers is one: another root secret makes another.
  const limits = limitsWith({ strangers: rule(1) }, testKeyTree(8))
  const user = await makePerson(t.core, 'remembers')
  const place = visitor('203.0.113.50')
  for (let signIns = 0; signIns < 6; signIns += 1) {
    await limits.address(place)
    const tried = await limits.user('remembers', user.id, place)
    assert.equal(tried.known, signIns > 0)
    await limits.succeeded(tried, user.id, place)
  }
})

test('failures of strangers share one budget; a try that the limit of a user refuses does not touch it', async () => {
  const limits = limitsWith({ strangers: rule(5), user: rule(2) }, testKeyTree(9))
  for (let tries = 0; tries < 10; tries += 1) {
    await limits.user('target', null, visitor(`203.0.113.${tries}`)).catch(() => undefined)
  }
  for (let tries = 0; tries < 3; tries += 1) await limits.user(`spread-${tries}`, null, visitor(`203.0.113.6${tries}`))
  await assert.rejects(limits.user('spread-4', null, visitor('203.0.113.69')), failsWith('rate_limited'))
  const user = await makePerson(t.core, 'at-home')
  await limits.remember(user.id, visitor('203.0.113.62'))
  assert.equal((await limits.user('at-home', user.id, visitor('203.0.113.62'))).known, true)
})

test('switched off, nothing is limited, and known places are known all the same', async () => {
  const limits = limitsWith({ enabled: false })
  const user = await makePerson(t.core, 'free')
  for (let tries = 0; tries < 20; tries += 1) {
    await limits.address(visitor('203.0.113.70'))
    assert.equal((await limits.user('free', user.id, visitor('203.0.113.70'))).allowed, true)
    assert.equal(await limits.mailTo('free@example.com', 'sign-in-link', false), true)
  }
  await limits.remember(user.id, visitor('203.0.113.70'))
  assert.equal(await limits.isKnown(user.id, visitor('203.0.113.70')), true)
  assert.equal(await limits.isKnown(user.id, visitor('203.0.113.71')), false)
})

test('neither names nor addresses reach the store in clear', async () => {
  const seen: string[] = []
  const store = {
    ...t.store,
    limits: {
      ...t.store.limits,
      consume: (key: string, wish: LimitRule) => {
        seen.push(key)
        return t.store.limits.consume(key, wish)
      },
    },
  }
  const limits = createLimits({ ...t, store, places: placesOf(), settings: { limits: rules } })
  await limits.address(visitor('203.0.113.80'))
  await limits.user('a-name-or-a-password', null, visitor('203.0.113.80'))
  await limits.mailTo('private@example.com', 'reset-password', true)
  assert.equal(seen.length, 6)
  for (const key of seen) assert.match(key, /^[a-z-]+:[0-9a-f]{64}$/)
})

test('what pages of other sites make a browser ask is counted apart from its visitor, by the same rules', async () => {
  const limits = limitsWith()
  const here = visitor('198.51.100.77')
  const page = { ...here, foreign: true } as const
  const user = await makePerson(t.core, 'haunted')
  await limits.remember(user.id, here)
  for (const { ask, points } of [
    { ask: limits.address, points: 3 },
    { ask: limits.mail, points: 2 },
    { ask: (origin: typeof here) => limits.user('haunted', user.id, origin), points: 4 },
  ]) {
    for (let tries = 0; tries < points; tries += 1) await ask(page)
    await assert.rejects(ask(page), failsWith('rate_limited'))
    await ask(here)
  }
  assert.deepEqual([await limits.isKnown(user.id, page), await limits.isOwner(user.id, page)], [true, false])
  assert.equal(await limits.isOwner(user.id, here), true)
})
