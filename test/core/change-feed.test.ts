import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChangeFeed } from '../../src/core/change-feed.ts'
import type { ChangeStore } from '../../src/core/ports.ts'
import type { Change } from '../../src/core/records.ts'
import { createFakeClock } from '../support/clock.ts'
import { silentLog } from '../support/store.ts'

/** An outbox in memory whose reads can be held back, broken or never answered. */
function outbox() {
  const rows: Change[] = []
  let gate: Promise<void> | null = null
  let broken = false
  let silent = false
  let reads = 0
  const answer = async <T>(read: () => T): Promise<T> => {
    reads += 1
    if (broken) throw new Error('no database')
    if (silent) return new Promise<never>(() => {})
    // What a reader sees is what was committed when it began.
    const seen = read()
    await gate
    return seen
  }
  const changes: ChangeStore = {
    latest: () => answer(() => rows.at(-1)?.seq ?? 0),
    since: (seq, limit) => answer(() => rows.filter((row) => row.seq > seq).slice(0, limit)),
    async append(kind, id, epoch, at) {
      rows.push({ seq: (rows.at(-1)?.seq ?? 0) + 1, at, kind, id, epoch })
    },
    watch: () => () => {},
    purge: async () => 0,
  }
  return {
    changes,
    add: (id: string) => changes.append('key', id, 0, 0),
    hold() {
      let release = () => {}
      gate = new Promise((resolve) => {
        release = () => {
          gate = null
          resolve()
        }
      })
      return () => release()
    },
    break: (state: boolean) => {
      broken = state
    },
    silence: (state: boolean) => {
      silent = state
    },
    reads: () => reads,
  }
}

function setUp({ readTimeoutMillis = 2000 } = {}) {
  const box = outbox()
  const clock = createFakeClock()
  const feed = createChangeFeed({ store: box, clock, log: silentLog, boundMillis: 5000, readTimeoutMillis })
  const heard: string[] = []
  feed.subscribe((change) => heard.push(change.kind === 'restore' ? 'restore' : change.id))
  return { box, clock, feed, heard }
}

test('the first read tells the caches to forget everything and does not repeat what is old', async () => {
  const { box, feed, heard } = setUp()
  await box.add('old')
  assert.equal(feed.fresh(), false)
  await feed.sync()
  assert.deepEqual(heard, ['restore'])
  assert.equal(feed.fresh(), true)
  assert.equal(feed.state().seq, 1)
})

test('changes are told once each and in the order of their commits, however many there are', async () => {
  const { box, feed, heard } = setUp()
  await feed.sync()
  const ids = Array.from({ length: 1203 }, (_, index) => `key ${index}`)
  for (const id of ids) await box.add(id)
  await Promise.all([feed.sync(), feed.sync(), feed.sync()])
  await feed.sync()
  assert.deepEqual(heard, ['restore', ...ids])
})

test('whoever asks while a read is under way still hears what was committed before they asked', async () => {
  const { box, feed, heard } = setUp()
  await feed.sync()
  const release = box.hold()
  const first = feed.sync()
  await Promise.resolve()
  await box.add('committed during the first read')
  const second = feed.sync()
  release()
  await second
  assert.deepEqual(heard, ['restore', 'committed during the first read'])
  await first
})

test('a hundred who ask during one read cost one read more', async () => {
  const { box, feed } = setUp()
  await feed.sync()
  const release = box.hold()
  const before = box.reads()
  const all = Array.from({ length: 100 }, () => feed.sync())
  release()
  await Promise.all(all)
  assert.equal(box.reads() - before, 2)
})

test('a read that fails makes the feed stale at once, and the next good one misses nothing', async () => {
  const { box, feed, heard } = setUp()
  await feed.sync()
  box.break(true)
  await feed.sync()
  assert.equal(feed.fresh(), false)
  assert.equal(feed.state().lastReadAt, null)
  await box.add('while it was broken')
  box.break(false)
  await feed.sync()
  assert.equal(feed.fresh(), true)
  assert.deepEqual(heard, ['restore', 'while it was broken'])
})

test('a connection that never answers makes the feed stale after the time-out', async () => {
  const { box, feed } = setUp({ readTimeoutMillis: 20 })
  await feed.sync()
  box.silence(true)
  await feed.sync()
  assert.equal(feed.fresh(), false)
  box.silence(false)
  await feed.sync()
  assert.equal(feed.fresh(), true)
})

test('a subscriber that fails leaves the feed stale, and hears the change again', async () => {
  const { box, feed } = setUp()
  let failing = true
  let told = 0
  feed.subscribe(() => {
    told += 1
    if (failing && told > 1) throw new Error('a cache is broken')
  })
  await feed.sync()
  await box.add('one')
  await feed.sync()
  assert.equal(feed.fresh(), false)
  failing = false
  await feed.sync()
  assert.equal(feed.fresh(), true)
  assert.equal(told, 3)
})

test('the last read counts up to the bound, and a clock that was set back makes it worth nothing', async () => {
  const { clock, feed } = setUp()
  await feed.sync()
  clock.advance(5000)
  assert.equal(feed.fresh(), true)
  clock.advance(1)
  assert.equal(feed.fresh(), false)
  await feed.sync()
  assert.equal(feed.fresh(), true)
  clock.advance(-1)
  assert.equal(feed.fresh(), false)
})

test('after a pause longer than the outbox remembers everything is forgotten', async () => {
  const { box, clock, feed, heard } = setUp()
  await feed.sync()
  await box.add('perhaps cut meanwhile')
  clock.advance(13 * 60 * 60 * 1000)
  await feed.sync()
  assert.deepEqual(heard, ['restore', 'restore'])
  assert.equal(feed.fresh(), true)
})

test('starting fails when the outbox cannot be read', async () => {
  const { box, feed } = setUp()
  box.break(true)
  await assert.rejects(feed.start(), { code: 'unavailable' })
  box.break(false)
  await feed.start()
  feed.stop()
})
