import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { readCurl } from '../../ui/src/calls/curl-line.ts'
import { type Language, lineIn } from '../../ui/src/calls/languages.ts'
import type { Body } from '../support/http.ts'
import { goodPassword, makeUser } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { testEngine } from '../support/store.ts'

const run = promisify(execFile)
const door = { enabled: true }

let server: TestServer
let folder: string
let help: Body
/** What a reader of the page would have exported by then. */
const env: Record<string, string> = { IDENTIFIER: 'caller', PASSWORD: goodPassword }

before(async () => {
  server = await startTestServer({ doors: { freesewing: door, apostrophe: door, librephotos: door, hautai: door } })
  server.clock.set(Date.now())
  folder = mkdtempSync(join(tmpdir(), 'cardea-calls-'))
  await makeUser(server, { username: 'root', role: 'admin' })
  await makeUser(server, { username: 'caller', email: 'caller@example.com', password: goodPassword })
  help = (await server.send('GET', '/api/help')).body
})
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server.close()
})

const lines = () =>
  Object.entries(help.authentication ?? {}).flatMap(([name, method]) =>
    (['obtain_curl', 'curl'] as const).flatMap((which) => {
      const line: unknown = Reflect.get(Object(method), which)
      return typeof line === 'string' ? [{ name, which, line }] : []
    }),
  )

/** The line of a method in a language, run where the variables are; what it printed. */
async function runLine(language: Language, name: string, which: string): Promise<string> {
  const found = lines().find((each) => each.name === name && each.which === which)
  assert.ok(found, `${name} has no ${which}`)
  const text = lineIn(language, found.line, readCurl(found.line))
  const [program, ...args] =
    language === 'javascript'
      ? [process.execPath, '--input-type=module', '-e', text]
      : language === 'python'
        ? ['python3', '-c', text]
        : ['sh', '-c', text]
  const { stdout } = await run(program, args, { cwd: folder, env: { PATH: process.env.PATH ?? '', ...env } })
  return stdout
}

test('every line of the help, of every door, is read and can be said in every language', () => {
  assert.ok(lines().length > 25)
  for (const { name, line } of lines()) {
    const sent = readCurl(line)
    assert.ok(sent !== null, `${name}: ${line}`)
    for (const language of ['javascript', 'python', 'httpie'] as const) {
      const text = lineIn(language, line, sent)
      assert.ok(text.includes(sent.url), text)
      for (const variable of line.match(/\$[A-Z_]+/g) ?? [])
        assert.ok(text.includes(variable.slice(1)), `${name} lost ${variable} in ${language}`)
    }
  }
})

test('what a line of curl sends is what the others send', () => {
  const line = `curl -sS -X POST http://a/b -H 'X-A: it''s' -H "Authorization: Bearer $T" -H 'Content-Type: application/json' -d "{\\"n\\":\\"$N x\\",\\"i\\":5,\\"y\\":true,\\"z\\":null}"`
  const sent = readCurl(line)
  assert.deepEqual(sent, {
    method: 'POST',
    url: 'http://a/b',
    headers: [
      ['X-A', ['its']],
      ['Authorization', ['Bearer ', { variable: 'T' }]],
    ],
    basic: null,
    body: {
      kind: 'json',
      members: [
        { name: 'n', value: [{ variable: 'N' }, ' x'] },
        { name: 'i', value: 5 },
        { name: 'y', value: true },
        { name: 'z', value: null },
      ],
    },
    cookies: null,
  })
  assert.match(lineIn('httpie', line, sent), /n="\$N x" i:=5 y:=true z:=null$/)
  assert.match(lineIn('python', line, sent), /"i": 5,\s+"y": True,\s+"z": None/)
  for (const unknown of ['wget http://a/', 'curl -k http://a/', 'curl "http://a/$(id)"', "curl 'http://a/", 'curl'])
    assert.equal(readCurl(unknown), null, unknown)
})

test('no line makes the reader throw, and no text in one gets out of its quotes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void readCurl(`curl -sS ${line}`)))
  const text = `'"\\$\{x}\`$(id)`
  const sent = {
    method: 'POST',
    url: 'http://a/',
    headers: [['X-A', [text]] as const],
    basic: null,
    body: { kind: 'json' as const, members: [{ name: 'n', value: [text] }] },
    cookies: null,
  }
  assert.ok(lineIn('javascript', '', sent).includes(`'\\'"\\\\$\{x}\`$(id)'`))
  assert.ok(lineIn('python', '', sent).includes(JSON.stringify(text)))
  assert.ok(lineIn('httpie', '', sent).includes(`n="'\\"\\\\\\$\{x}\\\`\\$(id)"`))
})

test('the lines work as they are pasted', { skip: testEngine !== 'sqlite' && 'run once, on SQLite' }, async () => {
  const hasPython = spawnSync('python3', ['--version']).status === 0
  for (const language of ['javascript', ...(hasPython ? (['python'] as const) : []), 'curl'] as const) {
    const answered = await runLine(language, 'jwt', 'obtain_curl')
    env.ACCESS_TOKEN = /"access_token":\s*"([^"]+)"/.exec(answered)?.[1] ?? assert.fail(answered)
    assert.match(await runLine(language, 'jwt', 'curl'), /"username":\s*"caller"/)
    const key = await runLine(language, 'basic', 'obtain_curl')
    env.KEY_ID = /"id":\s*"([^"]+)"/.exec(key)?.[1] ?? assert.fail(key)
    env.KEY_SECRET = /"secret":\s*"([^"]+)"/.exec(key)?.[1] ?? assert.fail(key)
    env.API_KEY = /"token":\s*"([^"]+)"/.exec(key)?.[1] ?? assert.fail(key)
    for (const name of ['basic', 'api_key_authorization', 'api_key_header'])
      assert.match(await runLine(language, name, 'curl'), /"kind":\s*"api-key"/)
    assert.match(await runLine(language, 'client_credentials', 'obtain_curl'), /"access_token"/)
    const cookie = await runLine(language, 'session_cookie', 'obtain_curl')
    env.COOKIE = /COOKIE: (.+)/.exec(cookie)?.[1] ?? ''
    assert.match(await runLine(language, 'session_cookie', 'curl'), /"kind":\s*"session-cookie"/)
  }
})
