import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCore, type TestCore } from '../support/core.ts'
import { origin, signedIn } from '../support/people.ts'

const day = 86_400_000
const job = (t: TestCore) => t.core.jobs.find(({ name }) => name === 'remind-tokens') ?? assert.fail('no such job')

async function mailedAfter(t: TestCore): Promise<readonly string[]> {
  const before = t.mails.length
  await job(t).run()
  await t.core.idle()
  return t.mails.slice(before).map(({ to, text }) => `${to} ${/name: (.*)/.exec(text)?.[1]}`)
}

test('the owner is mailed once when a private token comes into its last days, on one node of several', async () => {
  const t = await createTestCore()
  const node = await createTestCore({ database: t.database, clock: t.clock })
  try {
    const { by } = await signedIn(t, { username: 'anna', email: 'anna@example.com' })
    const make = (name: string, days: number) =>
      t.core.tokens.issue(by, { name, expiresAt: t.clock.now() + days * day }, origin)
    await make('long', 30)
    await make('soon', 9)
    const { record: revoked } = await make('revoked', 9)
    await t.core.tokens.revoke(by.user, revoked.publicId, by, origin)
    const { record: rotated } = await make('rotated', 9)
    await t.core.tokens.rotate(
      by,
      rotated.publicId,
      { graceSeconds: 9 * 86_400, expiresAt: t.clock.now() + 20 * day },
      origin,
    )
    await make('short', 3)
    await t.core.idle()

    assert.deepEqual(await mailedAfter(t), ['anna@example.com short'], 'at the first run, what is in its last days')
    t.clock.advance(3 * day)
    const [first, second] = await Promise.all([mailedAfter(t), mailedAfter(node)])
    assert.deepEqual([...first, ...second], ['anna@example.com soon'])
    assert.deepEqual(await mailedAfter(t), [])

    await make('made for less than the notice', 5)
    await t.core.idle()
    assert.deepEqual(await mailedAfter(t), [])
    const mail = t.mails.findLast(({ text }) => text.includes('soon'))
    assert.match(mail?.text ?? '', /ends: 20\d\d-/)
    assert.doesNotMatch(mail?.text ?? '', /https?:|From:|eyJ/, 'neither a link nor a token is in it')
  } finally {
    await node.drop()
    await t.drop()
  }
})

test('nobody is mailed where the notice is off, and closed accounts are left alone', async () => {
  const off = await createTestCore({ settings: { privateTokenNoticeSeconds: 0 } })
  const on = await createTestCore()
  try {
    for (const t of [off, on]) {
      const { by, user } = await signedIn(t, { username: 'anna', email: 'anna@example.com' })
      await t.core.tokens.issue(by, { name: 'soon', expiresAt: t.clock.now() + 2 * day }, origin)
      await t.core.idle()
      if (t === on) await t.core.users.setStatus(user.publicId, 'disabled', null, origin)
      assert.deepEqual(await mailedAfter(t), [])
    }
  } finally {
    await off.drop()
    await on.drop()
  }
})
