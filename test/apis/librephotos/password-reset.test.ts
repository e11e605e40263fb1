import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codeOf, enrol, mailedToken, makeKey, makeUser, password, signIn } from '../../support/callers.ts'
import { assertErrors, obtain, refreshWith, startPhotos } from '../../support/librephotos.ts'
import type { TestServer } from '../../support/server.ts'

const site = 'https://photos.example.com'
const resetAt = '/api/auth/password/reset/'
const confirmAt = `${resetAt}confirm/`
const fresh = 'new anchor 93 violet'
const sent = { status: true, message: 'If an account exists for that email, a reset link has been sent.' }
const expired = { status: false, message: 'Invalid or expired reset link' }

let server: TestServer
before(async () => {
  server = await startPhotos({ siteUrl: site })
})
after(() => server.close())

async function mailed(to: string): Promise<{ uid: string; token: string }> {
  await server.core.idle()
  const link = /https:\/\/photos\.example\.com\/password-reset\/confirm\/([^/\s]+)\/(\S+)/
  const found = server.mails.filter((mail) => mail.to === to).map(({ text }) => link.exec(text))
  const [, uid = '', token = ''] = found.findLast((each) => each !== null) ?? assert.fail(`no link to ${to}`)
  return { uid, token }
}
const ask = (email: unknown) => server.send('POST', resetAt, { json: { email } })
const confirm = (json: object) => server.send('POST', confirmAt, { json })

test('whoever asks, the answer is the same; a proven address alone gets a mail, with a link of the front end', async () => {
  await makeUser(server, 'anna')
  const before = server.mails.length
  for (const email of ['anna@example.com', 'nobody@example.com', 'anna', '', null, 5, undefined])
    assert.deepEqual((await ask(email)).body as unknown, sent)
  await server.core.idle()
  assert.deepEqual(
    server.mails.slice(before).map(({ to }) => to),
    ['anna@example.com'],
  )
  await mailed('anna@example.com')
})

test('the link sets a password once, ends sessions and keys, opens none and leaves the second factor alone', async () => {
  await makeUser(server, 'mona')
  const native = (await signIn(server, 'mona')).access_token as string
  const key = await makeKey(server, native)
  const { secret } = await enrol(server, native)
  const { refresh } = await obtain(server, 'mona', { code: codeOf(server, secret) })
  server.clock.advance(30_000)
  await ask('mona@example.com')
  const { uid, token } = await mailed('mona@example.com')
  const wish = { uid, token, new_password: fresh }
  assert.deepEqual((await confirm({})).body as unknown, { status: false, message: 'Missing parameters' })
  const weak = await confirm({ ...wish, new_password: 'mona' })
  assert.equal(weak.status, 400)
  assert.match(weak.body.message as string, /too short/)
  assert.deepEqual((await confirm({ ...wish, uid: 'x' })).body as unknown, expired, 'uid and token belong together')
  const tries = await Promise.all(Array.from({ length: 50 }, () => confirm(wish)))
  assert.equal(tries.filter(({ status }) => status === 200).length, 1, 'of 50 side by side one succeeds')
  for (const answered of tries) {
    assert.deepEqual(answered.headers.getSetCookie(), [])
    if (answered.status === 200)
      assert.deepEqual(answered.body as unknown, { status: true, message: 'Password has been reset' })
    else assert.deepEqual(answered.body as unknown, expired)
  }
  assert.equal((await refreshWith(server, refresh)).status, 401)
  assert.equal((await server.send('GET', '/auth/me', { apiKey: key.token as string })).status, 401)
  const alone = await server.send('POST', '/api/auth/token/obtain/', { json: { username: 'mona', password: fresh } })
  assertErrors(
    alone,
    401,
    ['detail', 'A second factor is needed: send its code as `code`, too.'],
    ['code', 'mfa_required'],
  )
})

test('the link dies after half an hour', async () => {
  await makeUser(server, 'dora')
  await ask('dora@example.com')
  const { uid, token } = await mailed('dora@example.com')
  server.clock.advance(30 * 60_000)
  assert.deepEqual((await confirm({ uid, token, new_password: fresh })).body as unknown, expired)
  await obtain(server, 'dora', { password })
})

test('a link of the front end is good at this door alone, and no link of another door is good here', async () => {
  await makeUser(server, 'emil')
  await ask('emil@example.com')
  const { uid, token } = await mailed('emil@example.com')
  const native = (token: string) =>
    server.send('POST', '/auth/password/reset', { json: { token, new_password: 'planted anchor 93' } })
  assert.equal((await native(token)).status, 400, 'the token alone, without its check')
  await server.send('POST', '/auth/password/forgot', { json: { identifier: 'emil@example.com' } })
  const other = await mailedToken(server, 'emil@example.com')
  const check = server.core.doorLinks.checkOf(other)
  assert.deepEqual((await confirm({ uid: check, token: other, new_password: fresh })).body as unknown, expired)
  await obtain(server, 'emil', { password })
  assert.equal((await confirm({ uid, token, new_password: fresh })).status, 200)
  await obtain(server, 'emil', { password: fresh })
})

test('without a front end the mail leads to the page of this server, and the token of it works here too', async () => {
  const plain = await startPhotos()
  try {
    await makeUser(plain, 'anna')
    await plain.send('POST', resetAt, { json: { email: 'anna@example.com' } })
    const json = { uid: 'any', token: await mailedToken(plain, 'anna@example.com'), new_password: fresh }
    assert.equal((await plain.send('POST', confirmAt, { json })).status, 200)
    await obtain(plain, 'anna', { password: fresh })
  } finally {
    await plain.close()
  }
})
