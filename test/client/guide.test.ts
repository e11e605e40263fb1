import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { codeOf, mailedToken } from '../support/callers.ts'
import { readPages } from '../support/markdown.ts'
import { goodPassword, makeUser } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
/** Somebody's own API: whoever comes with a token is let in. */
const shop = createServer((request, response) => {
  response.writeHead(request.headers.authorization?.startsWith('Bearer ey') ? 200 : 401).end()
})

before(async () => {
  server = await startTestServer()
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
})
after(async () => {
  Reflect.deleteProperty(globalThis, 'guide')
  shop.close()
  await server.close()
})

/** `console.log(a, b) // 1 2` becomes a check that it would print `1 2`. */
function asModule(text: string): string {
  const says = /^(\s*)console\.log\((.*)\) \/\/ (.*)$/gm
  return text.replace(
    says,
    (_, indent, values, told) => `${indent}told([${values}].join(' '), ${JSON.stringify(told)})`,
  )
}

test('the samples of the guide do what they say, one after the other', async () => {
  const guide = readPages().find(({ path }) => path === 'docs/client.md')
  const samples = guide?.blocks.filter(({ language }) => language === 'ts').map(({ text }) => text) ?? []
  assert.ok(samples.length >= 10)
  for (const username of ['alice', 'bob'])
    await makeUser(server, { username, password: goodPassword, email: `${username}@example.com` })

  let secret = ''
  const answers: Readonly<Record<string, () => Promise<string>>> = {
    password: async () => goodPassword,
    token: () => mailedToken(server, 'alice@example.com'),
    code: async () => {
      // Each code is good once.
      server.clock.advance(30_000)
      return codeOf(server, secret)
    },
  }
  let checks = 0
  const context = {
    ask: (what: string) => answers[what]?.() ?? assert.fail(`nothing answers ${what}`),
    told: (printed: string, said: string) => {
      checks += 1
      // What is null prints as such, and joins as nothing.
      assert.equal(printed === '' ? 'null' : printed, said)
    },
    enrolling: (seen: string) => {
      secret = seen
    },
  }
  Reflect.set(globalThis, 'guide', context)
  const source = samples
    .map(asModule)
    .join('\n')
    .replaceAll("'cardea/client'", `'${new URL('../../src/client/index.ts', import.meta.url)}'`)
    .replaceAll('https://auth.example.com', server.url)
    .replaceAll('https://api.example.com', `http://127.0.0.1:${(shop.address() as AddressInfo).port}`)
    .replace(/^(const \{ secret,.*)$/m, '$1\nenrolling(secret)')
  const program = `const { ask, told, enrolling } = globalThis.guide\n${source}`
  await import(`data:text/javascript,${encodeURIComponent(program)}`)
  assert.ok(checks >= 10, `${checks} checks`)
})
