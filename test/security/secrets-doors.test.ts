import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../support/callers.ts'
import { rememberingLog } from '../support/core.ts'
import { enter, mailedTo, sewingKey, startSewing } from '../support/freesewing.ts'
import type { Answered, Body } from '../support/http.ts'
import { startPhotos } from '../support/librephotos.ts'
import { createSecrets, dump, findIn } from './traces.ts'

/* Whatever a door of another contract is used for, nothing secret of it stays anywhere but with whoever it is for. */

test('no secret of a run at the FreeSewing door is in a log line, a refusal or a column', async (t) => {
  const lines: Parameters<typeof rememberingLog>[0] = []
  const server = await startSewing({}, { log: rememberingLog(lines) })
  t.after(() => server.close())
  const secrets = createSecrets()
  const refusals: string[] = []
  const send = async (...call: Parameters<typeof server.send>): Promise<Answered> => {
    const answered = await server.send(...call)
    if (answered.status >= 400) refusals.push(`${JSON.stringify([...answered.headers])} ${answered.text}`)
    return answered
  }

  await send('POST', '/signup', { json: { email: 'kim@example.com' } })
  const signUp = await mailedTo(server, 'kim@example.com')
  secrets.add('the id of a confirmation', signUp.id)
  secrets.add('the check of a confirmation', signUp.check)
  await send('GET', `/confirmations/${signUp.id}/0000000000000000`)
  const joined = await send('POST', `/confirm/signup/${signUp.id}`, { json: { consent: 1 } })
  const token = secrets.add('a token', joined.body.token as string)
  const password = secrets.add('a password', 'amber ladder 17 harbour')
  await send('PATCH', '/account/jwt', { token, json: { password } })
  await send('POST', '/signin', { json: { username: 'kim@example.com', password: `${password} wrong` } })
  await send('POST', '/signin', { json: { username: password, password: 'typed into the wrong field' } })

  const [, keySecret] = await sewingKey(server, token, 4)
  secrets.add('the secret of a key', keySecret)
  await send('GET', '/account/key', { basic: ['00000000-0000-4000-8000-000000000000', keySecret] })
  await send('GET', '/account/jwt', { token: `${token}x` })
  await send('GET', `/account/jwt?token=${token}`)

  const begun = await send('POST', '/account/mfa/jwt', { token, json: { mfa: true } })
  const seed = secrets.add('a seed', (begun.body.mfa as Body).secret as string)
  await send('POST', '/account/mfa/jwt', { token, json: { mfa: true, secret: seed, token: 'wrong' } })
  const json = { mfa: true, secret: seed, token: codeOf(server, seed) }
  const confirmed = await send('POST', '/account/mfa/jwt', { token, json })
  const scratch = confirmed.body.scratchCodes as unknown as readonly string[]
  for (const code of scratch) secrets.add('a scratch code', code)
  server.clock.advance(30_000)
  await enter(server, 'kim@example.com', { password, token: scratch[0] })
  await send('POST', '/signin', { json: { username: 'kim@example.com', password, token: scratch[0] } })

  await send('POST', '/signinlink', { json: { username: 'kim@example.com' } })
  const link = await mailedTo(server, 'kim@example.com')
  secrets.add('the id of a link', link.id)
  secrets.add('the check of a link', link.check)
  await send('POST', `/signinlink/${link.id}/${link.check}`, { json: { token: 'wrong' } })
  await server.core.idle()
  await server.core.flush()

  assert.ok(secrets.all.size > 14 && refusals.length > 8 && lines.length > 5, `${secrets.all.size} ${refusals.length}`)
  assert.deepEqual(findIn(JSON.stringify(lines), secrets), [])
  assert.deepEqual(findIn(refusals.join('\n'), secrets), [])
  assert.deepEqual(findIn(await dump(server.database), secrets), [])
  // The search finds what is there.
  assert.deepEqual(findIn(`x ${keySecret} y`, secrets), ['a part of the secret of a key'])
})

test('no secret of a run at the LibrePhotos and the Haut.AI door is in a log line, a refusal or a column', async (t) => {
  const lines: Parameters<typeof rememberingLog>[0] = []
  const server = await startPhotos({}, { log: rememberingLog(lines), doors: { hautai: { enabled: true } } })
  t.after(() => server.close())
  const secrets = createSecrets()
  const refusals: string[] = []
  const send = async (...call: Parameters<typeof server.send>): Promise<Answered> => {
    const answered = await server.send(...call)
    if (answered.status >= 400) refusals.push(`${JSON.stringify([...answered.headers])} ${answered.text}`)
    return answered
  }
  const secret = (what: string, value: unknown): string => secrets.add(what, value as string)

  const password = secret('a password', 'amber ladder 17 harbour')
  const person = { username: 'kim', password, email: 'kim@example.com', first_name: '', last_name: '' }
  await send('POST', '/api/user/', { json: person })
  await send('POST', '/api/user/', { json: { ...person, username: password } })
  const obtained = await send('POST', '/api/auth/token/obtain/', { form: { username: 'kim', password } })
  const access = secret('an access token', obtained.body.access)
  const refresh = secret('a refresh token', obtained.body.refresh)
  await send('POST', '/api/auth/token/obtain/', { json: { username: password, password: `${password} wrong` } })
  await send('POST', '/api/auth/token/obtain/', {
    raw: `{"password":"${password}`,
    headers: { 'Content-Type': 'application/json' },
  })
  await send('POST', '/api/auth/token/obtain/', {
    raw: password,
    headers: { 'Content-Type': `text/${'x'.repeat(20)}` },
  })
  await send('POST', '/api/auth/token/refresh/', { json: { refresh: `${refresh}x` } })
  await send('POST', '/api/auth/token/refresh/', { json: { refresh: access } })
  await send('GET', '/api/manage/user/', { token: access })
  await send('GET', '/api/manage/user/', { token: `${access}x` })
  await send('GET', '/api/manage/user/', { headers: { Authorization: `Token ${access}` } })
  await send('GET', '/api/manage/user/', { headers: { Authorization: `Bearer ${access} ${refresh}` } })
  await send('GET', '/api/manage/user/', { basic: ['kim', `${password} wrong`] })
  await send('GET', `/media/photos/x?access_token=${access}`, { cookie: `jwt=${access}x` })
  await send('GET', `/api/user?access_token=${access}`)

  const entered = await send('POST', '/api/v1/auth/login/', { json: { username: 'kim', password } })
  const token = secret('a token of Haut.AI', entered.body.access_token)
  secret('its refresh token', entered.body.refresh_token)
  const expiration_time = new Date(server.clock.now() + 86_400_000).toISOString()
  const made = await send('POST', '/api/v1/auth/private_tokens/', { token, json: { name: 'one', expiration_time } })
  const data = secret('a private token', made.body.data)
  await send('POST', '/api/v1/auth/private_tokens/', { token: data, json: {} })
  await send('GET', '/api/v1/auth/private_tokens/?page=9', { token: data })
  await send('POST', '/api/v1/auth/login/', { json: { email: password, password: data } })
  await send('POST', '/api/auth/token/blacklist/', { json: { refresh } })
  await server.core.idle()
  await server.core.flush()

  assert.ok(secrets.all.size > 6 && refusals.length > 12 && lines.length > 5, `${secrets.all.size} ${refusals.length}`)
  assert.deepEqual(findIn(JSON.stringify(lines), secrets), [])
  assert.deepEqual(findIn(refusals.join('\n'), secrets), [])
  assert.deepEqual(findIn(await dump(server.database), secrets), [])
})
