import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ChangeReader } from '../../src/core/change-streams.ts'
import { CardeaError } from '../../src/errors.ts'
import { createTestCore, type TestCore } from '../support/core.ts'

let t: TestCore
before(async () => {
  t = await createTestCore({ settings: { changes: { maxStreams: 3 } } })
  await t.core.feed.start()
})
after(() => t.drop())

const change = async (id: string) => {
  await t.store.changes.append('session', id, 0, t.clock.now())
  await t.core.feed.sync()
}

function createReader() {
  const told: string[] = []
  let seq = 0
  const reader: ChangeReader = {
    start(position, missed) {
      seq = position.seq
      told.push(missed ? 'start, missed' : 'start')
    },
    change(each) {
      seq = each.seq
      told.push(each.id)
    },
    reset: () => void told.push('reset'),
    end: () => void told.push('end'),
  }
  return { reader, told, seq: () => seq }
}

test('changes that come while the missed ones are read are told after them, once', async () => {
  const first = createReader()
  const stop = await t.core.changeStreams.open(null, first.reader, 'shop')
  await change('a')
  stop()
  await change('b')
  await change('c')
  const again = createReader()
  const opening = t.core.changeStreams.open(first.seq(), again.reader, 'shop')
  await Promise.all([opening, change('d'), change('e')])
  await t.core.feed.sync()
  assert.deepEqual(again.told, ['start', 'b', 'c', 'd', 'e'])
  assert.deepEqual(first.told, ['start', 'a'])
  ;(await opening)()
})

test('whoever is too far behind is told that they missed something, and not all of it', async () => {
  await change('before')
  const known = t.core.feed.state().seq
  for (let each = 0; each < 1001; each += 1) await t.store.changes.append('session', `x${each}`, 0, t.clock.now())
  await t.core.feed.sync()
  const late = createReader()
  const stop = await t.core.changeStreams.open(known, late.reader, 'shop')
  assert.deepEqual(late.told, ['start, missed'])
  assert.equal(late.seq(), t.core.feed.state().seq)
  stop()
})

test('a sequence that the outbox does not hold any more is a reset', async () => {
  const known = t.core.feed.state().seq
  t.clock.advance(1000)
  await change('newer')
  await t.store.changes.purge(t.clock.now())
  const late = createReader()
  const stop = await t.core.changeStreams.open(known, late.reader, 'shop')
  assert.deepEqual(late.told, ['start, missed'])
  stop()
})

test('a restored backup resets whoever follows', async () => {
  const { reader, told } = createReader()
  const stop = await t.core.changeStreams.open(null, reader, 'shop')
  await t.store.changes.append('restore', '', 1, t.clock.now())
  await t.core.feed.sync()
  assert.deepEqual(told, ['start', 'reset'])
  stop()
})

test('one holder cannot keep the others out: whoever holds the most gives one up, and cannot take it back', async () => {
  const many = [createReader(), createReader(), createReader()]
  const stops = []
  for (const { reader } of many) stops.push(await t.core.changeStreams.open(null, reader, 'greedy'))
  const modest = createReader()
  stops.push(await t.core.changeStreams.open(null, modest.reader, 'modest'))
  assert.deepEqual(
    many.map(({ told }) => told.includes('end')),
    [false, false, true],
  )
  const isBusy = (error: unknown) => error instanceof CardeaError && error.code === 'busy'
  for (const holder of ['greedy', 'modest'])
    await assert.rejects(t.core.changeStreams.open(null, createReader().reader, holder), isBusy)
  await change('afterwards')
  assert.deepEqual(modest.told, ['start', 'afterwards'])
  assert.deepEqual(many[2]?.told, ['start', 'end'])
  assert.equal(t.core.changeStreams.count(), 3)
  for (const stop of stops) stop()
  assert.equal(t.core.changeStreams.count(), 0)
})

test('one holder has no more than one may, and takes none from others for it', async () => {
  const own = await createTestCore({ settings: { changes: { maxStreams: 3, maxStreamsPerUser: 2 } } })
  await own.core.feed.start()
  const open = (holder: string) => own.core.changeStreams.open(null, createReader().reader, holder)
  const [first] = [await open('shop'), await open('shop')]
  await assert.rejects(
    open('shop'),
    (error) => error instanceof CardeaError && error.code === 'rate_limited' && error.detail.retryAfter === 5,
  )
  await open('other')
  assert.equal(own.core.changeStreams.count(), 3)
  first?.()
  await open('shop')
  await own.drop()
})

test('many that come at once do not pass the bound together; an end reaches all that are open', async () => {
  const readers = Array.from({ length: 10 }, createReader)
  const opened = await Promise.allSettled(readers.map(({ reader }) => t.core.changeStreams.open(null, reader, 'shop')))
  assert.equal(opened.filter(({ status }) => status === 'fulfilled').length, 3)
  for (const each of opened)
    if (each.status === 'rejected') assert.ok(each.reason instanceof CardeaError && each.reason.code === 'busy')
  t.core.changeStreams.end()
  assert.equal(readers.filter(({ told }) => told.includes('end')).length, 3)
  assert.equal(t.core.changeStreams.count(), 0)
})
