import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { makeUser, password } from '../../support/callers.ts'
import { assertError, sewingKey, startSewing, tokenOf } from '../../support/freesewing.ts'
import type { TestServer } from '../../support/server.ts'

/* The examples in the documentation of the contract, as people paste them, with this server as the host. */

let server: TestServer
before(async () => {
  server = await startSewing()
  await makeUser(server, 'jimmy')
})
after(() => server.close())

const run = promisify(execFile)

/** Documented answers are looked into freely. */
interface Data {
  readonly result: string
  readonly token: string
  readonly account: Readonly<Record<string, unknown>>
}

/** What axios sends: these headers, JSON for a body that is an object. Answers as axios does: `data` is parsed. */
const axios = {
  async get(url: string, { headers }: { readonly headers: Readonly<Record<string, string>> }) {
    const answer = await fetch(url, { headers: { Accept: 'application/json, text/plain, */*', ...headers } })
    return { status: answer.status, data: (await answer.json()) as Data }
  },
  async post(url: string, body: object) {
    const headers = { Accept: 'application/json, text/plain, */*', 'Content-Type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, data: (await answer.json()) as Data }
  },
}

test('the account by token, as the documentation gets it', async () => {
  const token = await tokenOf(server, 'jimmy')
  const account = await axios.get(`${server.url}/account/jwt`, {
    headers: {
      Authorization: `Bearer ${token}`,
    },
  })
  assert.equal(account.status, 200)
  assert.equal(account.data.result, 'success')
  assert.equal(account.data.account.username, 'jimmy')
})

test('the account by key, as the documentation gets it with curl', async () => {
  const [key, secret] = await sewingKey(server, await tokenOf(server, 'jimmy'), 4)
  const { stdout } = await run('curl', ['-sS', '-u', `${key}:${secret}`, `${server.url}/account/key`])
  assert.equal(JSON.parse(stdout).account.username, 'jimmy')
})

test('the documented sign-in, with a password that is one, answers 200 and every documented field', async () => {
  const signin = await axios.post(`${server.url}/signin`, { username: 'jimmy', password, token: 231586 })
  assert.equal(signin.status, 200)
  assert.equal(signin.data.result, 'success')
  assert.equal(typeof signin.data.token, 'string')
  const documented = {
    id: 'number',
    bio: 'string',
    consent: 'number',
    control: 'number',
    createdAt: 'string',
    email: 'string',
    github: 'string',
    img: 'string',
    imperial: 'boolean',
    initial: 'string',
    language: 'string',
    lastSignIn: 'string',
    mfaEnabled: 'boolean',
    newsletter: 'boolean',
    patron: 'number',
    role: 'string',
    status: 'number',
    updatedAt: 'string',
    username: 'string',
    lusername: 'string',
  }
  const { account } = signin.data
  for (const [field, type] of Object.entries(documented)) assert.equal(typeof account[field], type, field)
  assert.deepEqual([account.username, account.lusername, account.email], ['jimmy', 'jimmy', 'jimmy@example.com'])
})

test('the printed example, which signs up without an address, is told what it lacks', async () => {
  const signup = await server.send('POST', '/signup', {
    json: { username: 'jimmy', language: "I like big bewbs and I just can't lie", token: 231586 },
  })
  assertError(signup, 400, 'emailMissing')
})
