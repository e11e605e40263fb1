import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { duration, type HelpDocument, helpDocument } from '../../../src/apis/native/help.ts'
import { totpAt, totpStep } from '../../../src/crypto/totp.ts'
import { testSettings } from '../../support/core.ts'
import { goodPassword, makePerson, visitor } from '../../support/identity.ts'
import { linkOf } from '../../support/mail.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

const run = promisify(execFile)
const staticKey = 'static-key-of-the-operator-0123456789'

let server: TestServer
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardea-help-'))
  server = await startTestServer({
    settings: { staticKeys: [{ name: 'ops', key: staticKey, role: 'admin', api: 'native' }] },
  })
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function help(of: TestServer = server): Promise<HelpDocument> {
  return (await (await fetch(`${of.url}/api/help`)).json()) as HelpDocument
}

type Json = Readonly<Record<string, string & { readonly username: string }>>

/** Runs a line as a person would: in a shell, with the variables filled. Asserts the status. */
async function shell(
  line: string | number | undefined,
  variables: Readonly<Record<string, string>>,
  status = 200,
): Promise<Json> {
  assert.equal(typeof line, 'string')
  const marker = '\nstatus:'
  const { stdout } = await run('sh', ['-uc', `${line} -w '${marker}%{http_code}'`], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', NO_PROXY: '*', ...variables },
  })
  const [body = '', answered = ''] = stdout.split(marker)
  assert.equal(answered, String(status), `${line}\n${body}`)
  return (body.startsWith('{') ? JSON.parse(body) : {}) as Json
}

function method(document: HelpDocument, name: string): Readonly<Record<string, string | number | undefined>> {
  const found = document.authentication[name]
  assert.ok(found !== undefined && !Array.isArray(found), name)
  return found as Readonly<Record<string, string | number | undefined>>
}

/** What was run, so that no line is left out. */
const ran = new Set<string | number | undefined>()
const shown = (line: string | number | undefined) => {
  ran.add(line)
  return line
}

test('every line of the help works when it is pasted', async () => {
  const password = 'a long and quiet harbour'
  const first = await help()
  const code = await server.core.users.newSetUpCode()
  assert.ok(code !== null)
  await shell(
    shown(first.examples.make_first_administrator_curl),
    { SETUP_CODE: code, IDENTIFIER: 'root', PASSWORD: password },
    201,
  )

  const document = await help()
  assert.ok(!('make_first_administrator_curl' in document.examples), 'there is an administrator now')
  const person = { IDENTIFIER: 'alice', PASSWORD: password, EMAIL: 'alice@example.com' }
  await shell(shown(document.examples.sign_up_curl), person, 201)
  const confirm = await linkOf(server, 'confirm-email')
  assert.equal(
    (
      await fetch(`${server.url}/auth/email/confirm`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ token: confirm.token, password }),
      })
    ).status,
    204,
  )

  const jwt = method(document, 'jwt')
  const signedIn = await shell(shown(jwt.obtain_curl), person)
  const access = { ACCESS_TOKEN: signedIn.access_token ?? '' }
  assert.equal((await shell(shown(jwt.curl), access)).user?.username, 'alice')
  assert.equal(document.examples.obtain_token_curl, jwt.obtain_curl)
  assert.equal(document.examples.call_api_with_bearer, jwt.curl)

  const bearer = method(document, 'bearer_token')
  const opaque = await shell(shown(bearer.obtain_curl), person)
  assert.equal((await shell(shown(bearer.curl), { BEARER_TOKEN: opaque.token ?? '' })).user?.username, 'alice')

  const cookie = method(document, 'session_cookie')
  await shell(shown(cookie.obtain_curl), person)
  assert.match(await readFile(join(folder, 'cardea-cookies.txt'), 'utf8'), /\tcardea\t/)
  assert.equal((await shell(shown(cookie.curl), {})).user?.username, 'alice')

  const basic = method(document, 'basic')
  const key = await shell(shown(basic.obtain_curl), access, 201)
  const pair = { KEY_ID: key.id ?? '', KEY_SECRET: key.secret ?? '' }
  assert.equal((await shell(shown(basic.curl), pair)).user?.username, 'alice')
  assert.equal(document.examples.call_api_with_basic, basic.curl)
  for (const name of ['api_key_authorization', 'api_key_header']) {
    assert.equal(
      (await shell(shown(method(document, name).curl), { API_KEY: key.token ?? '' })).user?.username,
      'alice',
    )
  }

  const privateToken = method(document, 'private_token')
  const made = await shell(shown(privateToken.obtain_curl), access, 201)
  assert.equal((await shell(shown(privateToken.curl), { PRIVATE_TOKEN: made.token ?? '' })).user?.username, 'alice')

  const grant = method(document, 'client_credentials')
  const granted = await shell(shown(grant.obtain_curl), pair)
  assert.equal((await shell(shown(grant.curl), { ACCESS_TOKEN: granted.access_token ?? '' })).user?.username, 'alice')

  assert.equal((await shell(shown(method(document, 'basic_password').curl), person)).user?.username, 'alice')
  await shell(shown(method(document, 'static_key').curl), { STATIC_KEY: staticKey })

  const link = method(document, 'magic_link')
  await shell(shown(link.obtain_curl), person, 202)
  const mailed = await linkOf(server, 'sign-in-link')
  assert.ok((await shell(shown(link.curl), { LINK_TOKEN: mailed.token })).access_token)

  const next = await shell(shown(method(document, 'refresh').curl), { REFRESH_TOKEN: signedIn.refresh_token ?? '' })
  assert.notEqual(next.refresh_token, signedIn.refresh_token)

  const user = await makePerson(server.core, 'bob')
  const { secret } = await server.core.mfa.begin(user, visitor())
  const now = () => totpAt(secret, totpStep(server.clock.now()))
  await server.core.mfa.confirm(user, now(), null, visitor())
  server.clock.advance(60_000)
  const second = method(document, 'second_factor')
  const withCode = await shell(shown(second.obtain_curl), { IDENTIFIER: 'bob', PASSWORD: goodPassword, CODE: now() })
  assert.equal((await shell(shown(second.curl), { ACCESS_TOKEN: withCode.access_token ?? '' })).user?.username, 'bob')
  await shell(method(document, 'basic_password').curl, { IDENTIFIER: 'bob', PASSWORD: goodPassword }, 401)

  const everywhere = [
    ...Object.values(document.authentication).flatMap((each) => Object.values(each)),
    ...Object.values(document.examples),
  ]
  const lines = everywhere.filter((text) => String(text).startsWith('curl '))
  assert.ok(lines.length > 20)
  // The time of the private token's expiry moves with the clock; all others are the same text.
  for (const line of lines) assert.ok(ran.has(line), `never run: ${line}`)
})

test('a line holds no secret and leaves only names and secrets to the shell', async () => {
  const { authentication, examples } = await help()
  const lines = [...Object.values(authentication).flatMap((each) => Object.values(each)), ...Object.values(examples)]
    .map(String)
    .filter((text) => text.startsWith('curl '))
  const names = new Set(lines.flatMap((line) => [...line.matchAll(/\$(\w+)/g)].map(([, name]) => name)))
  const known = [
    'ACCESS_TOKEN',
    'API_KEY',
    'BEARER_TOKEN',
    'CODE',
    'EMAIL',
    'IDENTIFIER',
    'KEY_ID',
    'KEY_SECRET',
    'LINK_TOKEN',
    'PASSWORD',
    'PRIVATE_TOKEN',
    'REFRESH_TOKEN',
    'SETUP_CODE',
    'STATIC_KEY',
  ]
  for (const name of names) assert.ok(name !== undefined && known.includes(name), name)
  for (const line of lines) {
    assert.ok(line.includes(server.url), line)
    assert.ok(!/[<>]|\.\.\./.test(line), `${line} has a gap that a shell does not fill`)
  }
  assert.ok(!JSON.stringify(await help()).includes(staticKey))
})

test('the shape that clients of other systems read is there', async () => {
  const document = await help()
  assert.deepEqual(Object.keys(document), ['about', 'authentication', 'useful_endpoints', 'examples', 'documentation'])
  assert.equal(typeof document.about, 'string')
  for (const name of ['jwt', 'basic']) assert.equal(typeof method(document, name).how_to, 'string')
  assert.deepEqual(
    [method(document, 'jwt').obtain, method(document, 'jwt').refresh],
    [`${server.url}/auth/sign-in`, `${server.url}/auth/refresh`],
  )
  for (const name of ['obtain_token_curl', 'call_api_with_bearer', 'call_api_with_basic'])
    assert.match(document.examples[name] ?? '', /^curl /)
  for (const [name, url] of Object.entries(document.useful_endpoints)) assert.ok(url.startsWith(`${server.url}/`), name)
})

test('every useful address is one that this server routes', async () => {
  const { useful_endpoints: endpoints } = await help()
  for (const url of Object.values(endpoints)) assert.notEqual((await fetch(url)).status, 404, url)
})

const deps = {
  apis: [],
  settings: testSettings,
  publicUrl: 'https://door.example',
  documents: true,
  needsSetUp: false,
  now: 0,
}

test('lifetimes are those of the settings', () => {
  const at = (settings: Partial<typeof testSettings>) =>
    helpDocument({ ...deps, settings: { ...testSettings, ...settings } })
  assert.match(String(method(at({ accessTokenSeconds: 900 }), 'jwt').lifetime), /^15 minutes/)
  assert.equal(method(at({ accessTokenSeconds: 900 }), 'jwt').lifetime_seconds, 900)
  const short = at({ privateTokenMaxSeconds: 3600 })
  assert.match(String(method(short, 'private_token').obtain_curl), /1970-01-01T01:00:00.000Z/)
  assert.deepEqual([1, 60, 90, 5400, 3600, 86_400, 2_592_000].map(duration), [
    '1 second',
    '1 minute',
    '90 seconds',
    '90 minutes',
    '1 hour',
    '1 day',
    '30 days',
  ])
})

test('what is off is not offered', () => {
  assert.ok(!('static_key' in helpDocument(deps).authentication))
  const closed = helpDocument({ ...deps, settings: { ...testSettings, signUp: 'closed' }, documents: false })
  assert.ok(!/sign-up|swagger|redoc|api\/schema/.test(JSON.stringify(closed)))
  const open = helpDocument(deps)
  for (const name of ['openapi_schema', 'swagger_ui', 'redoc', 'sign_up'])
    assert.ok(name in open.useful_endpoints, name)
})

test('another API adds its own section and its members win', () => {
  const section = {
    authentication: {
      default_authentication_classes: ['JWT'],
      jwt: { how_to: 'Its own way.', obtain: 'https://door.example/token' },
      other: { how_to: 'Else.' },
    },
    useful_endpoints: { photos: 'https://door.example/photos' },
  }
  const description = { error: () => assert.fail('not asked'), schemes: [], help: section }
  const document = helpDocument({ ...deps, apis: [{ description }] })
  assert.deepEqual(document.authentication.default_authentication_classes, ['JWT'])
  assert.equal(method(document, 'jwt').how_to, 'Its own way.')
  assert.equal(method(document, 'jwt').refresh, 'https://door.example/auth/refresh')
  assert.ok('photos' in document.useful_endpoints && 'help' in document.useful_endpoints)
})

test('a browser gets the same as a page without a script, a program gets the data', async () => {
  const document = await help()
  const answer = await fetch(`${server.url}/api/help`, {
    headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
  })
  const text = await answer.text()
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.match(answer.headers.get('vary') ?? '', /Accept/)
  assert.ok(!/script-src|unsafe/.test(answer.headers.get('content-security-policy') ?? 'unsafe'))
  assert.ok(!/<script/i.test(text))
  const plain = text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
  for (const name of Object.keys(document.authentication))
    assert.ok(plain.includes(String(method(document, name).curl)), name)
  for (const url of Object.values(document.useful_endpoints)) assert.ok(plain.includes(url), url)
})

test('the start address says what this is and where the help is', async () => {
  assert.deepEqual(await (await fetch(server.url)).json(), { name: 'cardea', help: `${server.url}/api/help` })
  const page = await (await fetch(server.url, { headers: { Accept: 'text/html' } })).text()
  for (const path of ['api/help', 'api/swagger', 'api/redoc']) assert.ok(page.includes(`href="${path}"`), path)
})

test('with the documents off their addresses are not found and nobody points to them', async () => {
  const off = await startTestServer({ http: { documents: false } })
  try {
    for (const path of [
      '/api/schema',
      '/api/swagger',
      '/api/redoc',
      '/api/swagger/assets/init.js',
      '/api/redoc/assets/init.js',
    ]) {
      const answer = await fetch(off.url + path)
      assert.equal(answer.status, 404, path)
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      assert.equal(((await answer.json()) as { code: string }).code, 'not_found')
    }
    assert.ok(!/swagger|redoc|api\/schema/.test(JSON.stringify(await help(off))))
    for (const path of ['/', '/api/help']) {
      const page = await (await fetch(off.url + path, { headers: { Accept: 'text/html' } })).text()
      assert.ok(page.includes('Cardea') && !/swagger|redoc/i.test(page), path)
    }
  } finally {
    await off.close()
  }
})
