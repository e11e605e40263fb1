import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textStream } from '../../src/http/text-stream.ts'

test('between two parts of a long text everybody else gets a turn, however fast it is made and read', async () => {
  let turns = 0
  let next = setImmediate(function turn() {
    turns += 1
    next = setImmediate(turn)
  })
  const seen: number[] = []
  async function* parts() {
    for (let part = 0; part < 20; part += 1) {
      seen.push(turns)
      yield `${part}\n`
    }
  }
  let text = ''
  for await (const chunk of textStream(parts()).pipeThrough(new TextDecoderStream())) text += chunk
  clearImmediate(next)
  assert.equal(text, Array.from({ length: 20 }, (_, part) => `${part}\n`).join(''))
  assert.equal(new Set(seen).size, 20, 'two parts were made in one turn')
})

test('who stops reading stops the making', async () => {
  let isOver = false
  async function* parts() {
    try {
      for (;;) yield 'x'
    } finally {
      isOver = true
    }
  }
  const reader = textStream(parts()).getReader()
  await reader.read()
  await reader.cancel()
  assert.ok(isOver)
})
