import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { CardeaError } from '../../../src/errors.ts'
import { createOpenSeats } from '../../../src/server/gateway/open-seats.ts'

const refused = (code: string) => (thrown: unknown) => thrown instanceof CardeaError && thrown.code === code

test('one address holds some of the open reads and not all, whatever it calls itself in its /64', () => {
  const seats = createOpenSeats()
  const held = new EventEmitter().setMaxListeners(0)
  for (let count = 0; count < 32; count++) seats.take(`2001:db8::${count}`, held)
  assert.throws(() => seats.take('2001:db8::ffff', held), refused('rate_limited'))
  seats.take('192.0.2.1', held)
})

test('all open reads together are bounded, and each that ends makes room for one', () => {
  const seats = createOpenSeats()
  const held = Array.from({ length: 256 }, () => new EventEmitter())
  for (const [count, each] of held.entries()) seats.take(`192.0.2.${count % 16}`, each)
  const next = new EventEmitter()
  assert.throws(() => seats.take('198.51.100.1', next), refused('busy'))
  held[0]?.emit('close')
  seats.take('198.51.100.1', next)
  assert.throws(() => seats.take('198.51.100.2', next), refused('busy'))
})
