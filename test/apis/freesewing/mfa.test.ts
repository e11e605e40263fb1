import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codeOf, enrol, makeUser, password, signIn } from '../../support/callers.ts'
import { assertError, assertUnauthorized, enrolHere, enter, startSewing, tokenOf } from '../../support/freesewing.ts'
import type { Body } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startSewing()
})
after(() => server.close())

const mfa = (token: string, json: unknown) => server.send('POST', '/account/mfa/jwt', { token, json })
const wrongCode = (secret: string) => (codeOf(server, secret) === '000000' ? '111111' : '000000')

test('a second factor is begun, confirmed and left, with the answers of the contract', async () => {
  await makeUser(server, 'mia')
  const token = await tokenOf(server, 'mia')
  const begun = await mfa(token, { mfa: true })
  const { secret, otpauth, qrcode } = begun.body.mfa as unknown as Record<string, string>
  assert.match(secret ?? '', /^[A-Z2-7]{32}$/)
  const uri = new URL(otpauth ?? '')
  assert.equal(`${uri.protocol}//${uri.host}`, 'otpauth://totp')
  const params = Object.fromEntries(uri.searchParams)
  assert.deepEqual([params.secret, params.period, params.digits, params.algorithm], [secret, '30', '6', 'SHA1'])
  assert.ok(qrcode?.startsWith('<svg class="qrcode" width="100%" height="100%" '))
  assert.match(qrcode ?? '', /currentColor/)

  assertError(await mfa(token, { mfa: true, secret, token: wrongCode(secret ?? '') }), 403, 'mfaTokenInvalid')
  const confirmed = await mfa(token, { mfa: true, secret, token: Number(codeOf(server, secret ?? '')) })
  assert.equal(confirmed.status, 200, confirmed.text)
  assert.equal(String((confirmed.body.account as Body).mfaEnabled), 'true')
  const codes = confirmed.body.scratchCodes as unknown as string[]
  assert.equal(codes.length, 8)
  for (const code of codes) assert.match(code, /^[0-9a-f]{8}$/)

  assertError(await mfa(token, { mfa: true }), 400, 'mfaActive')
  assertError(await mfa(token, { mfa: true, secret, token: codeOf(server, secret ?? '') }), 400, 'mfaActive')
  server.clock.advance(30_000)
  const code = codeOf(server, secret ?? '')
  assertError(await mfa(token, { mfa: false }), 400, 'mfaTokenMissing')
  assertError(await mfa(token, { mfa: false, password }), 400, 'mfaTokenMissing')
  assertError(await mfa(token, { mfa: false, token: code }), 400, 'passwordMissing')
  assertError(await mfa(token, { mfa: false, token: code, password: 'wrong' }), 401, 'authenticationFailed')
  assertError(await mfa(token, { mfa: false, token: wrongCode(secret ?? ''), password }), 401, 'authenticationFailed')
  const left = await mfa(token, { mfa: false, token: codes[0], password })
  assert.equal(left.status, 200, left.text)
  assert.equal(String((left.body.account as Body).mfaEnabled), 'false')
  assert.equal(left.body.scratchCodes, undefined)
  await enter(server, 'mia')
  await server.core.idle()
  const subjects = server.mails
    .filter(({ to }) => to === 'mia@example.com')
    .map(({ subject }) => subject)
    .join()
  assert.match(subjects, /factor was added.*factor was removed/)
})

test('a setting that is none is told so', async () => {
  const token = await tokenOf(server, 'root')
  for (const json of [
    { mfa: 'yes' },
    { mfa: 1 },
    { mfa: null },
    { secret: 'x' },
    { mfa: true, secret: 'x' },
    { mfa: true, token: '123456' },
  ])
    assertError(await mfa(token, json), 400, 'invalidMfaSetting')
  assertError(await mfa(token, {}), 400, 'postBodyMissing')
  assertError(await mfa(token, { mfa: false, token: '123456', password }), 400, 'invalidMfaSetting')
})

test('a secret of the caller’s own is compared and never taken over; what is pending dies after ten minutes', async () => {
  await makeUser(server, 'planter')
  const token = await tokenOf(server, 'planter')
  const own = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  assertError(await mfa(token, { mfa: true, secret: own, token: codeOf(server, own) }), 403, 'mfaTokenInvalid')
  const { body } = await mfa(token, { mfa: true })
  const secret = (body.mfa as Body).secret as string
  assertError(await mfa(token, { mfa: true, secret: own, token: codeOf(server, own) }), 403, 'mfaTokenInvalid')
  assertError(await mfa(token, { mfa: true, secret: own, token: codeOf(server, secret) }), 403, 'mfaTokenInvalid')
  server.clock.advance(600_000)
  assertError(await mfa(token, { mfa: true, secret, token: codeOf(server, secret) }), 403, 'mfaTokenInvalid')
  await enter(server, 'planter')
})

test('sessions from before the second factor end, and that which enrolled it stays', async () => {
  await makeUser(server, 'keeper')
  const [old, token] = [await tokenOf(server, 'keeper'), await tokenOf(server, 'keeper')]
  await enrolHere(server, token)
  assertUnauthorized(await server.send('GET', '/account/jwt', { token: old }))
  assert.equal((await server.send('GET', '/account/jwt', { token })).status, 200)
})

test('a scratch code and a code are good once, also when 50 send it side by side', async () => {
  await makeUser(server, 'many')
  const { secret, scratchCodes } = await enrolHere(server, await tokenOf(server, 'many'))
  for (const token of [codeOf(server, secret), scratchCodes[3]]) {
    const json = { username: 'many', password, token }
    const all = await Promise.all(Array.from({ length: 50 }, () => server.send('POST', '/signin', { json })))
    assert.equal(all.filter(({ status }) => status === 200).length, 1)
    assert.equal(all.filter(({ status }) => status === 401).length, 49)
  }
})

test('a factor of the native door is one here, and scratch codes sign in there', async () => {
  await makeUser(server, 'native-first')
  const { recoveryCodes } = await enrol(server, (await signIn(server, 'native-first')).access_token as string)
  await enter(server, 'native-first', { token: recoveryCodes[0] })
  await makeUser(server, 'here-first')
  const { scratchCodes } = await enrolHere(server, await tokenOf(server, 'here-first'))
  await signIn(server, 'here-first', { code: scratchCodes[0] })
})

test('who must have a second factor can enrol it here, and nothing else before', async () => {
  const strict = await startSewing({}, { settings: { requireFactor: ['admin'] } })
  const token = await tokenOf(strict, 'root')
  assertError(await strict.send('GET', '/admin/user/1/jwt', { token }), 403, 'insufficientAccessLevel')
  assertError(
    await strict.send('POST', '/apikeys/jwt', { token, json: { name: 'x', level: 1, expiresIn: 60 } }),
    403,
    'insufficientAccessLevel',
  )
  const { secret } = await enrolHere(strict, token)
  const next = (await enter(strict, 'root', { token: codeOf(strict, secret) })).token as string
  assert.equal((await strict.send('GET', '/admin/user/1/jwt', { token: next })).status, 200)
  await strict.close()
})
