import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createEventParser, type Line } from '../../src/guard/event-parser.ts'
import { project } from '../../src/guard/index.ts'
import { readRequest } from '../../src/guard/read.ts'
import { createSuspicion } from '../../src/guard/suspicion.ts'
import { openEventStream, type SentEvent } from '../../src/http/event-stream.ts'
import { createFakeClock } from '../support/clock.ts'

const word = fc.stringMatching(/^[a-z0-9]{1,10}$/)
const written = fc.record({ event: word, id: word, data: fc.dictionary(fc.string(), fc.string()) })

/** What a server writes for these events, as one text. */
async function textOf(events: readonly SentEvent[]): Promise<string> {
  const stream = openEventStream({ maxWaitingBytes: 1_000_000, retryMillis: 1, onEnd() {} })
  for (const each of events) {
    stream.comment('alive')
    stream.send(each)
  }
  stream.end()
  return new Response(stream.body).text()
}

const cutUp = (text: string, cuts: readonly number[]): readonly string[] => {
  const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length]
  return at.slice(1).map((end, index) => text.slice(at[index], end))
}

test('what is sent as events is read as the same events, however it is cut up and whatever ends its lines', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(written, { maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      async (events, cuts, end) => {
        const text = (await textOf(events)).replaceAll('\n', end)
        const parse = createEventParser()
        const found = [...cutUp(text, cuts), end].flatMap((piece): readonly Line[] => parse(piece))
        const read = found.flatMap((line) => ('event' in line ? [{ ...line, data: JSON.parse(line.data) }] : []))
        assert.deepEqual(JSON.stringify(read), JSON.stringify(events))
        assert.equal(found.filter((line) => 'comment' in line).length, events.length)
      },
    ),
    { numRuns: 100 },
  )
})

test('an event that goes on and on is an error, not memory', () => {
  const parse = createEventParser()
  assert.throws(() => parse('x'.repeat(70_000)))
  const other = createEventParser()
  assert.throws(() => {
    for (let line = 0; line < 100_000; line += 1) other('data: xxxxxxxx\n')
  })
})

test('a reader that is too slow is cut off at the bound, once', async () => {
  let ended = 0
  const onEnd = () => {
    ended += 1
  }
  const stream = openEventStream({ maxWaitingBytes: 1000, retryMillis: 1, onEnd })
  for (let turn = 0; turn < 100; turn += 1) stream.comment('x'.repeat(100))
  assert.equal(ended, 1)
  await assert.rejects(new Response(stream.body).text())
  stream.send({ event: 'x', id: '1', data: {} })
  stream.end()
  assert.equal(ended, 1)
})

test('whatever stands in the headers is a credential, a refusal or nothing, and never an error', () => {
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'Bearer ',
      'Basic ',
      'ApiKey ',
      'bearer a.b.c',
      'Basic Og==',
      'cardea_',
      `Bearer ${'a'.repeat(9000)}`,
    ),
    fc.base64String().map((text) => `Basic ${text}`),
    fc.tuple(fc.base64String(), fc.base64String(), fc.base64String()).map((parts) => `Bearer ${parts.join('.')}`),
  )
  fc.assert(
    fc.property(
      fc.option(value),
      fc.option(value),
      fc.option(value),
      fc.option(value),
      (authorization, key, origin, site) => {
        const headers = new Map([
          ['authorization', authorization],
          ['x-api-key', key],
          ['origin', origin],
          ['sec-fetch-site', site],
        ])
        const found = readRequest({ headers: { get: (name) => headers.get(name) ?? null } })
        if (authorization !== null || key !== null) assert.ok(found !== null, 'who tried a credential is not anonymous')
        else assert.equal(found, null)
      },
    ),
    { numRuns: 500 },
  )
})

test('a projection shows what it names and nothing else, of a document, a list or an envelope', () => {
  const article = {
    _id: '1',
    title: 'a',
    secret: 'x',
    author: { name: 'b', mail: 'x' },
    tags: [{ label: 'c', by: 'x' }],
  }
  const map = { title: 1, 'author.name': 1, 'tags.label': true } as const
  const shown = { title: 'a', author: { name: 'b' }, tags: [{ label: 'c' }] }
  assert.deepEqual(project(article, map), shown)
  assert.deepEqual(project([article], map), [shown])
  assert.deepEqual(project({ results: [article], total: 1, secret: 'x' }, map), { results: [shown], total: 1 })
  for (const none of [null, 'x', 1, [1], undefined]) assert.equal(project(none, map), null)
  const wrong: readonly object[] = [
    {},
    { title: 0 },
    { $where: 1 },
    { 'a.$b': 1 },
    { __proto__x: 'x' },
    { title: { $add: 1 } },
  ]
  for (const each of wrong) assert.throws(() => project(article, each as { title: 1 }), TypeError, JSON.stringify(each))
})

test('marks that are forgotten by name count for all older tokens, so that a flood of changes hides nothing', () => {
  const clock = createFakeClock()
  const suspicion = createSuspicion(clock)
  const at = clock.now()
  const token = (issuedAt: number, subject: string) => ({ issuedAt, subjects: [subject] })
  suspicion.mark('user:a', at)
  assert.ok(suspicion.isSuspect(token(at - 1, 'user:a')))
  assert.ok(!suspicion.isSuspect(token(at - 1, 'user:b')))
  assert.ok(!suspicion.isSuspect(token(at + 61_000, 'user:a')))
  assert.ok(!suspicion.isSettled(['user:a']) && suspicion.isSettled(['user:b']))
  clock.advance(6000)
  assert.ok(suspicion.isSettled(['user:a']))
  for (let each = 0; each < 50_001; each += 1) suspicion.mark(`user:x${each}`, at + 1000)
  assert.ok(suspicion.isSuspect(token(at - 1, 'user:a')))
  suspicion.markAll(at + 5000)
  assert.ok(suspicion.isSuspect(token(at + 4000, 'user:never')))
  assert.ok(!suspicion.isSuspect(token(at + 66_000, 'user:never')))
})
