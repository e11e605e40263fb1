import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openEventStream } from '../../src/http/event-stream.ts'
import { readEvents } from '../../ui/src/admin/event-text.ts'

/** What the server sends, as text. */
async function sent(data: readonly object[]): Promise<string> {
  const stream = openEventStream({ maxWaitingBytes: 1_000_000, onEnd() {}, retryMillis: 1000 })
  for (const [id, each] of data.entries()) {
    stream.send({ event: 'event', id: String(id), data: each })
    stream.comment('alive')
  }
  stream.end()
  return new Response(stream.body).text()
}

test('whatever is in the events, and wherever the stream is cut, all arrive once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      async (data, size) => {
        const text = await sent(data)
        const found: unknown[] = []
        let rest = ''
        for (let at = 0; at < text.length; at += size) {
          const read = readEvents<unknown>(rest + text.slice(at, at + size))
          found.push(...read.events)
          rest = read.rest
        }
        assert.deepEqual(found, JSON.parse(JSON.stringify(data)))
        assert.equal(rest, '')
      },
    ),
  )
})
