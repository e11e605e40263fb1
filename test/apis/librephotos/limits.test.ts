import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeUser } from '../../support/callers.ts'
import { assertErrors, noActive, obtain, startPhotos, tokensAt } from '../../support/librephotos.ts'

/** The limits as they are by default. */
const limits = {
  enabled: true,
  address: { points: 60, windowSeconds: 600 },
  user: { points: 10, windowSeconds: 900 },
  knownUser: { points: 20, windowSeconds: 900 },
  strangers: { points: 50, windowSeconds: 900 },
  mail: { points: 10, windowSeconds: 3600 },
}

test('60 probes a minute of an app that looks for a server all get the ordinary 401, and the real sign-in after them passes', async () => {
  const server = await startPhotos({}, { settings: { limits } })
  try {
    await makeUser(server, 'anna')
    const probe = { username: 'test', password: 'test' }
    for (let index = 0; index < 60; index += 1) {
      const began = performance.now()
      const answered = await server.send(
        'POST',
        `${tokensAt}/obtain/`,
        index % 2 === 0 ? { json: probe } : { form: probe },
      )
      assertErrors(answered, 401, noActive)
      assert.ok(performance.now() - began < 500, 'these apps wait half a second')
      server.clock.advance(1000)
    }
    await obtain(server, 'anna')
  } finally {
    await server.close()
  }
})

test('a limited sign-in is the ordinary 401 at once, says how long to wait, and stops passwords only', async () => {
  const server = await startPhotos({}, { settings: { limits } })
  try {
    await makeUser(server, 'anna')
    const { access, refresh } = await obtain(server, 'anna')
    await makeUser(server, 'bert')
    const wrong = { json: { username: 'bert', password: 'wrong password' } }
    const send = (wish: object) => server.send('POST', `${tokensAt}/obtain/`, wish)
    let waits: string | null = null
    for (let index = 0; index < 15; index += 1) {
      const answered = await send(wrong)
      assertErrors(answered, 401, noActive)
      waits = answered.headers.get('retry-after')
    }
    assert.ok(Number(waits) > 0, 'limited by now')
    const right = await send({ json: { username: 'bert', password: 'correct horse battery' } })
    assertErrors(right, 401, noActive)
    assert.ok(Number(right.headers.get('retry-after')) > 0)
    const basic = await server.send('GET', '/api/manage/user/', { basic: ['bert', 'wrong password'] })
    assertErrors(basic, 401, ['detail', 'Invalid username/password.'])
    assert.ok(Number(basic.headers.get('retry-after')) > 0)
    assert.equal((await server.send('GET', '/api/user/', { token: access })).status, 200)
    assert.equal((await server.send('POST', `${tokensAt}/refresh/`, { json: { refresh } })).status, 200)
  } finally {
    await server.close()
  }
})

for (const corsOrigins of [[], ['https://pages.example'], '*'] as const) {
  test(`forms of a page elsewhere cannot lock its visitor out, where ${corsOrigins === '*' ? 'every page' : corsOrigins.join() || 'no page'} may ask`, async () => {
    const doors = { hautai: { enabled: true, corsOrigins } }
    const server = await startPhotos({ corsOrigins }, { settings: { limits }, doors })
    try {
      await makeUser(server, 'anna')
      const form = { username: 'anna', password: 'wrong password' }
      const multipart = {
        raw: '--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nanna\r\n--x\r\nContent-Disposition: form-data; name="password"\r\n\r\nwrong password\r\n--x--\r\n',
        headers: { Origin: 'https://evil.example', 'Content-Type': 'multipart/form-data; boundary=x' },
      }
      const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
      for (const path of [`${tokensAt}/obtain/`, '/api/v1/auth/login/']) {
        for (let index = 0; index < 70; index += 1) {
          assert.equal((await server.send('POST', path, { form, headers })).status, 403)
        }
        assert.equal((await server.send('POST', path, multipart)).status, 403)
        const listed = corsOrigins === '*' ? 'https://any.example' : (corsOrigins[0] ?? server.url)
        const json = { username: 'anna', password: 'correct horse battery' }
        const own = await server.send('POST', path, { json, headers: { Origin: listed } })
        assert.equal(own.status, 200, own.text)
      }
    } finally {
      await server.close()
    }
  })
}

test('password resets and sign-ups are limited by address, with 429 and how long to wait', async () => {
  const server = await startPhotos(
    {},
    { settings: { limits: { ...limits, mail: { points: 3, windowSeconds: 3600 } } } },
  )
  try {
    const ask = () => server.send('POST', '/api/auth/password/reset/', { json: { email: 'a@example.com' } })
    for (let index = 0; index < 3; index += 1) assert.equal((await ask()).status, 200)
    const limited = await ask()
    const wait = Number(limited.headers.get('retry-after'))
    assertErrors(limited, 429, ['detail', `Request was throttled. Expected available in ${wait} seconds.`])
    const json = { username: 'new', password: 'violet anchor 93', email: '', first_name: '', last_name: '' }
    assert.equal((await server.send('POST', '/api/user/', { json })).status, 429)
  } finally {
    await server.close()
  }
})
