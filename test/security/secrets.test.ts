import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { secretBytes } from '../../src/config/secret.ts'
import { createKeyTree, keyLabels } from '../../src/crypto/key-tree.ts'
import { totpAt, totpStep } from '../../src/crypto/totp.ts'
import { createPlace } from '../cli/command.ts'
import { runSql } from '../support/sql.ts'
import { createTestDatabase, type TestDatabase, testEngine } from '../support/store.ts'
import { createSecrets, dump, filesBelow, findIn } from './traces.ts'

/*
 * A server as it is run, logging all it can, used for everything it is for and also by callers who put secrets in wrong
 * places. Afterwards every secret of the run is looked for wherever the server wrote.
 */

const secrets = createSecrets()
const secret = (what: string, text: string | undefined): string => secrets.add(what, text)

interface Reply {
  readonly status: number
  readonly body: Record<string, string>
  readonly cookies: readonly string[]
}

test('no secret of a whole run is in a log line, an error, a metric, a column or a file', {
  timeout: 120_000,
}, async (t) => {
  const place = await createPlace()
  const remote = testEngine === 'postgres' ? await createTestDatabase('postgres') : null
  t.after(async () => {
    await place.drop()
    await remote?.drop()
  })
  const database: TestDatabase = remote ?? {
    engine: 'sqlite',
    address: join(place.dataDir, 'cardea.sqlite'),
    open: () => assert.fail('not used'),
    drop: async () => {},
  }
  const child = place.start(['serve', '--port', '0'], {
    CARDEA_LOG_LEVEL: 'debug',
    ...(remote === null ? {} : { CARDEA_DATABASE_URL: remote.address }),
  })
  let log = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    log += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk
  })
  const listening = () => log.split('\n').find((line) => line.includes('"listening"'))
  await eventually('the server listens', () => listening() !== undefined)
  const { url } = JSON.parse(listening() ?? '{}') as { url: string }
  const refusals: string[] = []

  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const isForm = body instanceof URLSearchParams
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: { ...(body === undefined ? {} : { 'Content-Type': type }), ...headers },
      ...(body === undefined ? {} : { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const parsed = /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : {}
    // The ticket is what this refusal is for.
    if (response.status >= 400 && parsed.mfa_ticket === undefined)
      refusals.push(`${method} ${path.slice(0, 30)}: ${JSON.stringify([...response.headers])} ${text}`)
    return { status: response.status, body: parsed, cookies: response.headers.getSetCookie() }
  }
  const as = (token: string) => ({ Authorization: `Bearer ${token}` })
  const basic = (name: string, word: string) => ({
    Authorization: secret('a Basic header', `Basic ${Buffer.from(`${name}:${word}`).toString('base64')}`),
  })
  const good = async (sent: Promise<Reply>): Promise<Reply> => {
    const reply = await sent
    assert.ok(reply.status < 300, `${reply.status} ${JSON.stringify(reply.body)}`)
    return reply
  }

  // ── everything that it is for ─────────────────────────────────────────────────────────────────────────────────────
  const rootText = secret('the root secret', readFileSync(join(place.dataDir, 'secret'), 'utf8').trim())
  const root = secretBytes(rootText) ?? assert.fail('the root secret is not readable')
  for (const label of keyLabels) {
    secret(`the key ${label}`, createKeyTree(root).current(label).bytes.toString('hex'))
    secret(`the key ${label}, base64`, createKeyTree(root).current(label).bytes.toString('base64url'))
  }
  const code = secret('the set-up code', readFileSync(join(place.dataDir, 'setup-code'), 'utf8').trim())
  const rootPassword = secret("root's password", 'quokka Lantern 17 über "teapot"')
  const password = secret("nina's password", 'Zanzibar_umbrella%41 ☂ ferret')
  await good(send('POST', '/auth/setup', { code, username: 'root', email: 'root@example.com', password: rootPassword }))
  await good(send('POST', '/auth/sign-up', { username: 'nina', email: 'nina@example.com', password }))
  const confirm = secret('a confirmation link', await mailed(place.dataDir, 'nina@example.com', 'confirm-email'))
  await good(send('POST', '/auth/email/confirm', { token: confirm, password }))

  const open = async (identifier: string, word: string, more: object = {}, headers = {}) =>
    (await good(send('POST', '/auth/sign-in', { identifier, password: word, ...more }, headers))) as Reply
  const first = (await open('nina', password)).body
  const access = secret('an access token', first.access_token)
  const refresh = secret('a refresh token', first.refresh_token)
  const bearer = secret('a bearer token', (await open('nina', password, { mode: 'bearer' })).body.token)
  const { cookies } = await open('nina', password, { mode: 'cookie' }, { Origin: url })
  assert.equal(cookies.length, 2, 'a session and a device cookie')
  const jar = cookies.map((line) => line.split(';', 1)[0] ?? '')
  for (const cookie of jar) secret('a cookie', cookie)
  const session = jar.find((cookie) => cookie.startsWith('cardea=')) ?? ''

  const key = (await good(send('POST', '/auth/keys', { name: 'nightly' }, as(access)))).body
  secret('an API key', key.token)
  secret("an API key's secret", key.secret)
  const expires_at = new Date(Date.now() + 86_400_000).toISOString()
  const own = (await good(send('POST', '/auth/tokens', { name: 'laptop', expires_at }, as(access)))).body
  secret('a private token', own.token)
  const byKey = basic(key.id ?? '', key.secret ?? '')
  for (const headers of [
    as(access),
    as(bearer),
    as(own.token ?? ''),
    byKey,
    { 'X-API-Key': key.token ?? '' },
    { Authorization: `ApiKey ${key.token}` },
    { Cookie: jar.join('; '), Origin: url },
    basic('nina', password),
  ]) {
    await good(send('GET', '/auth/me', undefined, headers))
  }

  const seed = secret('a TOTP seed', (await good(send('POST', '/auth/mfa/totp', {}, as(access)))).body.secret)
  secret('a TOTP seed in hex', base32Hex(seed))
  const codeAt = (steps: number) => secret('a TOTP code', totpAt(seed, totpStep(Date.now()) + steps))
  const before = codeAt(-1)
  const confirmed = await good(send('POST', '/auth/mfa/totp/confirm', { code: before }, as(access)))
  const recovery = confirmed.body.recovery_codes as unknown as readonly string[]
  for (const each of recovery) {
    secret('a recovery code', each)
    secret('a recovery code as typed', each.replace('-', '').toUpperCase())
  }
  const half = await send('POST', '/auth/sign-in', { identifier: 'nina', password })
  const ticket = secret('a ticket', half.body.mfa_ticket)
  await send('POST', '/auth/sign-in/mfa', { mfa_ticket: ticket, code: before })
  const now = codeAt(0)
  const whole = (await good(send('POST', '/auth/sign-in/mfa', { mfa_ticket: ticket, code: now }))).body
  const access2 = secret('an access token', whole.access_token)
  const refresh2 = secret('a refresh token', whole.refresh_token)
  const byCode = await open('nina', password, { code: recovery[0] })
  secret('an access token', byCode.body.access_token)

  const rotated = (await good(send('POST', '/auth/refresh', { refresh_token: refresh2 }))).body
  secret('an access token', rotated.access_token)
  const refresh3 = secret('a refresh token', rotated.refresh_token)
  const again = (
    await good(send('POST', '/oauth/token', form({ grant_type: 'refresh_token', refresh_token: refresh3 })))
  ).body
  const access4 = secret('an access token', again.access_token)
  secret('a refresh token', again.refresh_token)
  const client = (await good(send('POST', '/oauth/token', form({ grant_type: 'client_credentials' }), byKey))).body
  secret('a client token', client.access_token)
  await send('POST', '/oauth/introspect', form({ token: access4 }), byKey)
  const newKey = (await good(send('POST', `/auth/keys/${key.id}/rotate`, { grace_seconds: 60 }, as(access4)))).body
  secret('an API key', newKey.token)
  secret("an API key's secret", newKey.secret)
  const newOwn = (await good(send('POST', `/auth/tokens/${own.id}/rotate`, { grace_seconds: 60 }, as(access4)))).body
  secret('a private token', newOwn.token)

  await good(send('PATCH', '/auth/me', { email: 'nina@new.example' }, as(access4)))
  const change = secret('a change link', await mailed(place.dataDir, 'nina@new.example', 'change-email'))
  await good(send('POST', '/auth/email/confirm', { token: change, password }))
  const undo = secret('an undo link', await mailed(place.dataDir, 'nina@example.com', 'undo-email'))
  await good(send('POST', '/auth/sign-in/link', { identifier: 'nina' }))
  const link = secret('a sign-in link', await mailed(place.dataDir, 'nina@new.example', 'sign-in-link'))
  const linked = await send('POST', '/auth/sign-in/link', { token: link })
  assert.equal(linked.status, 403)
  secret('a ticket', linked.body.mfa_ticket)
  await good(send('POST', '/auth/password/forgot', { identifier: 'nina' }))
  const reset = secret('a reset link', await mailed(place.dataDir, 'nina@new.example', 'reset-password'))
  const password2 = secret("nina's new password", 'Ulaanbaatar-kettle:93 & sons')
  await good(send('POST', '/auth/password/reset', { token: reset, new_password: password2 }))
  await good(send('POST', '/auth/email/undo', { token: undo }))

  // ── secrets in wrong places ───────────────────────────────────────────────────────────────────────────────────────
  const late = (await open('root', rootPassword)).body
  const admin = secret("root's access token", late.access_token)
  const refused: readonly (readonly [number, Promise<Reply>])[] = [
    [401, send('POST', '/auth/sign-in', { identifier: password2, password: password2 })],
    [401, send('POST', '/auth/sign-in', { identifier: 'nina', password: secret('a wrong password', `${password2}x`) })],
    [401, send('GET', '/auth/me', undefined, basic(secret('a password as a name', 'Nina Ricci 4711!'), 'x'))],
    [401, send('GET', '/auth/me', undefined, basic('root', 'not the password of root'))],
    [401, send('GET', `/auth/me?apikey=${newKey.token}&apiKey=${newKey.token}`)],
    [401, send('GET', `/auth/me?access_token=${admin}`)],
    [401, send('GET', '/auth/me', undefined, { Authorization: rootPassword.replace('ü', 'u') })],
    [401, send('GET', '/auth/me', undefined, { Authorization: `Bearer ${admin}x` })],
    [401, send('GET', '/auth/me', undefined, as(refresh))],
    [401, send('GET', '/auth/me', undefined, as(seed))],
    [401, send('GET', '/auth/me', undefined, { 'X-API-Key': `${newKey.token}0` })],
    [401, send('GET', '/auth/me', undefined, { Cookie: `${session}; ${session}`, Origin: url })],
    [400, send('GET', '/auth/me', undefined, { ...as(admin), 'X-API-Key': newKey.token ?? '' })],
    [404, send('GET', `/${admin}/${encodeURIComponent(password2)}`)],
    [404, send('GET', `/auth/keys/${newKey.secret}`, undefined, as(admin))],
    [400, send('GET', `/auth/keys?cursor=${admin.slice(-200)}`, undefined, as(admin))],
    [400, send('GET', `/auth/keys?limit=${encodeURIComponent(password2)}`, undefined, as(admin))],
    [400, send('POST', '/auth/sign-in', `{"identifier":"root","password":"${rootPassword.replaceAll('"', '\\"')}"`)],
    [400, send('POST', '/auth/sign-in', { identifier: 'root', password: [rootPassword] })],
    [400, send('POST', '/auth/sign-in', { identifier: rootPassword, secret: rootPassword })],
    [415, send('POST', '/auth/sign-in', rootPassword, { 'Content-Type': 'text/plain' })],
    [400, send('POST', '/auth/me/password', { new_password: rootPassword.slice(0, 7) }, as(admin))],
    [400, send('POST', '/auth/email/confirm', { token: reset })],
    [400, send('POST', '/auth/password/reset', { token: link, new_password: password })],
    [400, send('POST', '/auth/mfa/totp/confirm', { code: now, secret: seed }, as(admin))],
    [400, send('POST', '/auth/keys', { name: `${newKey.token}${newKey.token}`, expires_at: admin }, as(admin))],
    [401, send('POST', '/auth/refresh', { refresh_token: `${refresh3}x` })],
    [401, send('POST', '/auth/refresh', { refresh_token: admin })],
    [400, send('POST', '/oauth/token', form({ grant_type: admin.slice(-150) }))],
    [400, send('POST', '/oauth/token', form({ grant_type: 'password', username: 'root', password: rootPassword }))],
    [
      401,
      send(
        'POST',
        '/oauth/introspect',
        form({ token: admin }),
        basic(newKey.id ?? '', `${newKey.secret}`.replace(/.$/, '!')),
      ),
    ],
    [404, send('POST', '/auth/setup', { code, username: 'other', password })],
  ]
  for (const [status, sent] of refused) {
    const reply = await sent
    assert.equal(reply.status, status, JSON.stringify(reply.body))
  }
  // A name of a field comes back to whoever sent it, and stays out of the log like any other text.
  refusals.length -= Number((await send('POST', '/auth/sign-in', { [rootPassword]: '' })).status === 400)
  await rawRequest(
    url,
    `GET /auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin}\r\nContent-Length: x\r\n\r\n`,
  )
  await rawRequest(url, `GET /auth/me?token=${admin} HTTP/1.1\r\nHost: ${'a'.repeat(9)} b\r\n\r\n`)
  const weak = await place.run(['user', 'create', 'carl', '--password-stdin'], secret('a short password', 'Ygx7#q!'), {
    ...(remote === null ? {} : { CARDEA_DATABASE_URL: remote.address }),
  })
  assert.equal(weak.code, 1)
  await good(send('POST', '/oauth/revoke', form({ token: access4 })))
  await good(send('POST', '/auth/sign-out', {}, as(access2)).then((reply) => ({ ...reply, status: 200 })))
  const metrics = await (await fetch(`${url}/metrics`)).text()
  assert.match(metrics, /cardea_guard_verdicts_total/)

  // ── and now look for them ─────────────────────────────────────────────────────────────────────────────────────────
  const look = (where: string, place: string | Buffer) => assert.deepEqual(findIn(place, secrets), [], where)
  // The set-up code is printed for whoever started the server; its file went when it was used.
  const printed = stderr.replaceAll(code, '')
  const lookAtData = async () => {
    look('the rows of the database', await dump(database))
    const files = filesBelow(place.dataDir, ['outbox', 'secret'])
    if (remote === null) assert.ok(files.some(({ path }) => path.endsWith('cardea.sqlite')))
    for (const { path, bytes } of files) look(path, bytes)
  }
  await lookAtData()
  child.kill('SIGTERM')
  const [exit] = await new Promise<[number | null]>((done) => child.once('exit', (number) => done([number])))
  assert.equal(exit, 0)
  await lookAtData()
  look('the log', log)
  look('standard error', printed)
  look('the output of the command line', weak.stdout + weak.stderr)
  look('the metrics', metrics.replace(/ [\d.e+-]+$/gm, ''))
  assert.ok(refusals.length > 30)
  for (const refusal of refusals) look(refusal, refusal)
  assert.ok(!existsSync(join(place.dataDir, 'setup-code')))

  // What was looked through is what there is, and what was looked for can be found.
  assert.ok(log.split('\n').length > 35 && /"level":"debug"/.test(log), log)
  assert.ok(secrets.all.size > 80, String(secrets.all.size))
  for (const [each, what] of secrets.all) assert.ok(findIn(`x ${each} y`, secrets).includes(what))
  const outbox = filesBelow(join(place.dataDir, 'outbox'), [])
  assert.ok(outbox.some(({ bytes }) => findIn(unfolded(bytes), secrets).length > 0))

  const failures = await runSql(database, "select data from events where kind = 'sign-in-failed'")
  const typed = failures.map(({ data }) => (JSON.parse(String(data)) as { identifier?: string }).identifier)
  assert.ok(typed.filter((trace) => /^[0-9a-f]{64}$/.test(trace ?? '')).length >= 2, JSON.stringify(failures))
})

const form = (fields: Record<string, string>): URLSearchParams => new URLSearchParams(fields)

/** RFC 4648, section 6. */
function base32Hex(text: string): string {
  const bits = [...text].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0'))
  return (bits.join('').match(/.{8}/g) ?? [])
    .map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0'))
    .join('')
}

/** Quoted-printable undone (RFC 2045, section 6.7). */
const unfolded = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** The token of the newest mail of this kind to an address; mails leave behind the answer. */
async function mailed(dataDir: string, to: string, purpose: string): Promise<string> {
  const outbox = join(dataDir, 'outbox')
  let found: string | undefined
  await eventually(`a mail for ${purpose} to ${to}`, () => {
    const names = existsSync(outbox) ? readdirSync(outbox).filter((name) => name.endsWith('.eml')) : []
    for (const name of names.sort()) {
      const text = unfolded(readFileSync(join(outbox, name)))
      const token = new RegExp(`/auth/page/${purpose}#token=([\\w-]+)`).exec(text)?.[1]
      if (token !== undefined && new RegExp(`^To: .*${to}`, 'im').test(text)) found = token
    }
    return found !== undefined
  })
  return found ?? ''
}

/** Until it is true, for at most ten seconds: what another process does has no clock of ours. */
async function eventually(what: string, check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (check()) return
    await pause(50)
  }
  assert.fail(`never happened: ${what}`)
}

/** Sends bytes and reads until the server closes. */
function rawRequest(url: string, text: string): Promise<string> {
  return new Promise((done) => {
    const { hostname, port } = new URL(url)
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.end(text))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => done(answer))
    socket.on('close', () => done(answer))
  })
}
