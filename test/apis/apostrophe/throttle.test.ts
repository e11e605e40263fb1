import assert from 'node:assert/strict'
import { test } from 'node:test'
import { api, assertError, csrf, login, startApostrophe, tokenOf } from '../../support/apostrophe.ts'
import { makeUser, password } from '../../support/callers.ts'

const limits = {
  enabled: true,
  address: { points: 1000, windowSeconds: 600 },
  user: { points: 3, windowSeconds: 150 },
  mail: { points: 2, windowSeconds: 3600 },
}

test('too many wrong passwords are 400 in the words of the contract with Retry-After, at once and also for the right one', async (t) => {
  const server = await startApostrophe({}, { settings: { limits } })
  t.after(() => server.close())
  await makeUser(server, 'ann')
  const wrong = 'Your credentials are incorrect, or there is no such user'
  // Known or not, by name or address: all alike.
  for (const name of ['ann', 'nobody', 'ann@example.com']) {
    for (let times = 0; times < 3; times += 1)
      assertError(await login(server, name, { password: 'wrong' }), 400, 'invalid', wrong)
    const answered = await login(server, name)
    assertError(answered, 400, 'invalid', 'Too many attempts. You may try again in 3 minutes.')
    assert.ok(Number(answered.headers.get('retry-after')) > 120)
  }
  // What is missing is said at once and counts for nobody.
  assertError(
    await login(server, 'ann', { password: '' }),
    400,
    'invalid',
    'Both the username and the password are required.',
  )
})

test('a known place is not locked out by strangers, and tokens and keys that stand are not touched', async (t) => {
  const server = await startApostrophe({}, { settings: { limits } })
  t.after(() => server.close())
  await makeUser(server, 'ann')
  const token = await tokenOf(server, 'ann')
  const stranger = { api: 'apostrophe', address: '192.0.2.7', userAgent: 'x' } as const
  for (let times = 0; times < 5; times += 1)
    await assert.rejects(server.core.signIn.withPassword({ identifier: 'ann', password: 'wrong' }, stranger))
  assert.equal((await login(server, 'ann')).status, 200)
  assert.equal((await server.send('GET', `${api}/whoami`, { token })).status, 200)
})

test('guesses at this door and at the native one count together', async (t) => {
  const server = await startApostrophe({}, { settings: { limits } })
  t.after(() => server.close())
  await makeUser(server, 'ann')
  for (let times = 0; times < 3; times += 1)
    await server.send('POST', '/auth/sign-in', { json: { identifier: 'ann', password: 'wrong' } })
  const answered = await login(server, 'ann', { password })
  assert.match(answered.body.message as string, /^Too many attempts/)
})

test('mails are limited by address, and a page elsewhere does not use up what its visitor has', async (t) => {
  const server = await startApostrophe({}, { settings: { limits } })
  t.after(() => server.close())
  const ask = (wish: object) =>
    server.send('POST', `${api}/reset-request`, { json: { email: 'x@example.com' }, ...wish })
  for (let times = 0; times < 5; times += 1)
    assert.equal((await ask({ cookie: csrf, headers: { Origin: 'https://evil.example' } })).status, 403)
  for (let times = 0; times < 2; times += 1) assert.equal((await ask({ cookie: csrf })).status, 200)
  const limited = await ask({ cookie: csrf })
  assertError(limited, 400, 'invalid', 'Too many attempts. You may try again in 60 minutes.')
  assert.ok(Number(limited.headers.get('retry-after')) > 0)
})

test('a page elsewhere cannot use up the tries of whoever visits it', async (t) => {
  const few = { ...limits, address: { points: 4, windowSeconds: 600 } }
  const server = await startApostrophe({}, { settings: { limits: few } })
  t.after(() => server.close())
  await makeUser(server, 'ann')
  const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
  for (let times = 0; times < 8; times += 1) {
    const form = { username: 'ann', password: 'wrong' }
    const signIn = await server.send('POST', `${api}/login`, { headers, form })
    assert.deepEqual([signIn.status, signIn.body.message], [403, 'CSRF exception'])
    assert.equal((await server.send('GET', `${api}/reset?email=a&reset=b`, { headers })).status, 400)
    const set = { email: 'a', reset: 'b', password: 'an entirely other one' }
    assert.equal((await server.send('POST', `${api}/reset`, { headers, form: set })).status, 403)
  }
  assert.equal((await login(server, 'ann')).status, 200)
})

test('JSON of a page elsewhere is counted, and apart from its visitor, where every page may ask', async (t) => {
  const few = { ...limits, address: { points: 4, windowSeconds: 600 }, user: { points: 100, windowSeconds: 600 } }
  const server = await startApostrophe({}, { settings: { limits: { ...few, knownUser: few.address } } })
  t.after(() => server.close())
  await makeUser(server, 'ann')
  // From now on ann is known here: there her own tries are what a page could use up.
  assert.equal((await login(server, 'ann')).status, 200)
  const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
  const json = { username: 'ann', password: 'wrong' }
  const said: unknown[] = []
  for (let times = 0; times < 6; times += 1)
    said.push((await server.send('POST', `${api}/login`, { headers, json })).body.message)
  assert.match(String(said[3]), /incorrect/)
  assert.match(String(said[4]), /^Too many attempts/)
  // Another address to say that it comes from is no other counter.
  const other = { headers: { Origin: 'https://other.example' }, json }
  assert.match(String((await server.send('POST', `${api}/login`, other)).body.message), /^Too many attempts/)
  assert.equal((await login(server, 'ann')).status, 200)
})
