import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeKey, makeUser, signIn } from '../../support/callers.ts'
import { list } from '../../support/http.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

/* The audit log as administrators read it: by page, as a file, as it grows, and counted. */

let server: TestServer
let root: string
const logged: string[] = []
before(async () => {
  const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  server = await startTestServer({ log: { debug() {}, info: note, warn: note, error: note } })
  await makeUser(server, 'root', 'admin')
  root = (await signIn(server, 'root')).access_token as string
})
after(() => server.close())

const here = { api: 'native', address: '192.0.2.9', userAgent: '=HYPERLINK("https://evil.example")' } as const

async function note(user: string): Promise<void> {
  await server.core.events.record({ kind: 'username-changed', user, origin: here })
}

/** Reads a stream until `enough` is in it. */
async function readUntil(path: string, enough: string, headers: Record<string, string> = {}): Promise<string> {
  const stop = new AbortController()
  const response = await fetch(new URL(path, server.url), {
    headers: { Authorization: `Bearer ${root}`, ...headers },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]),
  })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  assert.ok(response.body !== null)
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (text.includes(enough)) break
  }
  stop.abort()
  return text
}

test('filters of the log go together, and names stand beside the ids', async () => {
  const user = await makeUser(server, 'watched')
  await note(user.publicId)
  const path = `/auth/admin/events?user=${user.publicId}&kind=username-changed&address=192.0.2.9`
  const answered = await server.send('GET', path, { token: root })
  const [event, ...rest] = list(answered.body.items)
  assert.deepEqual([event?.user_name, event?.actor_name, rest.length], ['watched', null, 0])
  const none = await server.send('GET', `${path}&to=2020-01-01T00:00:00Z`, { token: root })
  assert.equal(list(none.body.items).length, 0)
  const known = await server.send('GET', '/auth/admin/events/kinds', { token: root })
  assert.ok((known.body.items as unknown as string[]).includes('impersonation-begun'))
})

test('as CSV no cell is a formula, as JSON Lines each line is an event, and the export is audited', async () => {
  const user = await makeUser(server, '-cmd-')
  await note(user.publicId)
  const csv = await server.send('GET', `/auth/admin/events/export?format=csv&user=${user.publicId}`, { token: root })
  assert.equal(csv.status, 200, csv.text)
  assert.match(csv.type, /^text\/csv/)
  assert.equal(csv.headers.get('content-disposition'), 'attachment; filename="audit-log.csv"')
  const lines = csv.text.trimEnd().split('\r\n')
  assert.equal(lines.length, 3)
  assert.match(csv.text, /"'-cmd-"/)
  assert.match(csv.text, /"'=HYPERLINK\(""https/)
  assert.doesNotMatch(csv.text, /(^|,)"[=+@-]/m)

  const jsonl = await server.send('GET', '/auth/admin/events/export?format=jsonl', { token: root })
  assert.match(jsonl.type, /^application\/x-ndjson/)
  const events = jsonl.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; kind: string })
  assert.ok(events.some(({ kind }) => kind === 'events-exported'))
  assert.deepEqual(
    events.map(({ id }) => id),
    events.map(({ id }) => id).toSorted((a, b) => b - a),
  )
  const wrong = await server.send('GET', '/auth/admin/events/export?format=xlsx', { token: root })
  assert.deepEqual([wrong.status, wrong.body.code], [400, 'request_invalid'])
})

test('an export that is longer than a page is whole', async () => {
  const user = await makeUser(server, 'busy')
  await server.store.transaction(async (tx) => {
    for (let count = 0; count < 1200; count += 1) {
      await server.core.events.record({ kind: 'username-changed', user: user.publicId, origin: here }, tx)
    }
  })
  const path = `/auth/admin/events/export?format=jsonl&user=${user.publicId}&kind=username-changed`
  const { text } = await server.send('GET', path, { token: root })
  const ids = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: number }).id)
  assert.equal(new Set(ids).size, 1200)
})

test('whoever follows the log sees what comes, and after a break what came meanwhile', async () => {
  const user = await makeUser(server, 'followed')
  const path = `/auth/admin/events/live?user=${user.publicId}`
  const reading = readUntil(path, 'event: event')
  const timer = setInterval(() => void note(user.publicId), 300)
  const text = await reading
  clearInterval(timer)
  const id = Number(/^id: (\d+)$/m.exec(text)?.[1])
  const body = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '') as { id: number; kind: string; user_name: string }
  assert.deepEqual([body.id, body.kind, body.user_name], [id, 'username-changed', 'followed'])
  await note(user.publicId)
  const again = await readUntil(path, 'event: event', { 'Last-Event-ID': String(id) })
  assert.ok(Number(/^id: (\d+)$/m.exec(again)?.[1]) > id)
  assert.doesNotMatch(again, new RegExp(`^id: ${id}$`, 'm'))

  const wrong = await server.send('GET', path, { token: root, headers: { 'Last-Event-ID': '-1' } })
  assert.equal(wrong.status, 400)
})

test('whoever was away for long is sent all that came, as fast as it is read', async () => {
  const user = await makeUser(server, 'crowd')
  const origin = { ...here, userAgent: 'x'.repeat(256) }
  await server.store.transaction(async (tx) => {
    for (let count = 0; count < 2000; count += 1) {
      await server.core.events.record({ kind: 'username-changed', user: user.publicId, origin }, tx)
    }
  })
  const page = await server.send('GET', '/auth/admin/events?limit=1', { token: root })
  const last = Number(list(page.body.items)[0]?.id)
  const path = `/auth/admin/events/live?user=${user.publicId}&kind=username-changed`
  const text = await readUntil(path, `id: ${last}\n`, { 'Last-Event-ID': String(last - 2000) })
  assert.equal(text.match(/^id: /gm)?.length, 2000)
})

test('whoever follows the log stops with the credential', async () => {
  const key = await makeKey(server, root)
  const response = await fetch(new URL('/auth/admin/events/live', server.url), {
    headers: { 'X-API-Key': key.token as string },
    signal: AbortSignal.timeout(5000),
  })
  assert.equal(response.status, 200)
  const ended = response.text()
  assert.equal((await server.send('DELETE', `/auth/keys/${key.id}`, { token: root, json: {} })).status, 204)
  assert.match(await ended, /^retry: /)
})

test('no more than some follow the log at a time, five of one user, and whoever leaves makes room', async () => {
  const stop = new AbortController()
  const follow = (token: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        fetch(new URL('/auth/admin/events/live', server.url), {
          headers: { Authorization: `Bearer ${token}` },
          signal: stop.signal,
        }),
      ),
    )
  const refusedOf = (answers: readonly Response[]) => answers.filter(({ status }) => status !== 200)
  const [refused, ...more] = refusedOf(await follow(root, 6))
  assert.deepEqual([refused?.status, more.length], [429, 0])
  assert.ok(Number(refused?.headers.get('retry-after')) >= 1)
  assert.match((await refused?.text()) ?? '', /"rate_limited".*5 streams open/)
  for (const name of ['second', 'third', 'fourth', 'fifth']) {
    await makeUser(server, name, 'admin')
    const { access_token: token } = await signIn(server, name)
    const answers = refusedOf(await follow(String(token), name === 'fifth' ? 1 : 5))
    assert.deepEqual(
      answers.map(({ status }) => status),
      name === 'fifth' ? [503] : [],
    )
  }
  stop.abort()
  for (let tries = 0; server.core.eventTail.count() > 0 && tries < 100; tries += 1) {
    await new Promise((done) => setTimeout(done, 20))
  }
  assert.equal(server.core.eventTail.count(), 0)
})

test('an answer that breaks off is in the log with its request, and nowhere else', async (t) => {
  const written = t.mock.method(console, 'error')
  t.mock.method(server.core.events, 'list', () => Promise.reject(new Error('the disk is gone')))
  const response = await fetch(`${server.url}/auth/admin/events/export?format=csv`, {
    headers: { Authorization: `Bearer ${root}` },
  })
  assert.equal(response.status, 200)
  await assert.rejects(response.text(), 'what is cut off does not pass for whole')
  const line = logged.find((each) => each.startsWith('an answer broke off')) ?? assert.fail(logged.join('\n'))
  assert.ok(line.includes(response.headers.get('x-request-id') ?? 'no id'), line)
  assert.equal(written.mock.callCount(), 0)
})

test('sign-ins are counted by day, days without any included', async () => {
  await server.send('POST', '/auth/sign-in', { json: { identifier: 'root', password: 'wrong password' } })
  server.clock.advance(2 * 86_400_000)
  await server.core.feed.sync()
  const token = (await signIn(server, 'root')).access_token as string
  const answered = await server.send('GET', '/auth/admin/statistics?days=3', { token })
  const days = list(answered.body.items)
  assert.equal(days.length, 3)
  const numbers = days.map(({ successes, failures }) => [Number(successes), Number(failures)])
  assert.deepEqual(numbers, [
    [5, 1],
    [0, 0],
    [1, 0],
  ])
  assert.equal(days[2]?.day, new Date(server.clock.now()).toISOString().slice(0, 10))
  assert.equal(Number(answered.body.kept_days), 365)
})
