import assert from 'node:assert/strict'
import { once } from 'node:events'
import { guarantee, heard, start } from './contract.ts'

/** Resolves at the next wake-up. */
function nextWake(watch: (wake: () => void) => () => void): { woken: Promise<void>; stop(): void } {
  let stop = () => {}
  const woken = new Promise<void>((done) => {
    stop = watch(done)
  })
  return { woken, stop: () => stop() }
}

guarantee('changes are read in the order of their numbers, from any of them on', async ({ store }) => {
  assert.equal(await store.changes.latest(), 0)
  assert.deepEqual(await store.changes.since(0, 10), [])
  await store.changes.append('user', 'a', 7, start)
  await store.changes.append('restore', 'b', 0, start + 1)
  const [first, second] = await store.changes.since(0, 10)
  assert.deepEqual(first, { seq: first?.seq, at: start, kind: 'user', id: 'a', epoch: 7 })
  assert.deepEqual(second, { seq: second?.seq, at: start + 1, kind: 'restore', id: 'b', epoch: 0 })
  assert.deepEqual(await store.changes.since(first?.seq ?? 0, 10), [second])
  assert.deepEqual(await store.changes.since(0, 1), [first])
  assert.equal(await store.changes.latest(), second?.seq)
})

guarantee('a change that is rolled back is never heard of', async ({ store }) => {
  await assert.rejects(
    store.transaction(async (tx) => {
      await tx.changes.append('user', 'a', 1, start)
      assert.equal((await tx.changes.since(0, 10)).length, 1)
      throw new Error('later')
    }),
    /later/,
  )
  assert.deepEqual(await store.changes.since(0, 10), [])
})

guarantee(
  'a transaction that is held open hides its change, and no later number is seen before it',
  async ({ store, database }) => {
    const other = await database.open()
    const gate = new EventTarget()
    const written = Promise.withResolvers<void>()
    const slow = store.transaction(async (tx) => {
      await tx.changes.append('user', 'slow', 1, start)
      // Draws the number now, long before the commit.
      assert.equal((await tx.changes.since(0, 10)).length, 1)
      const opened = once(gate, 'open')
      written.resolve()
      await opened
    })
    await written.promise
    let committed = false
    const quick = other.changes.append('user', 'quick', 1, start).then(() => {
      committed = true
    })
    try {
      for (let round = 0; round < 50; round += 1) {
        assert.deepEqual(await other.changes.since(0, 10), [])
        assert.equal(await store.changes.latest(), 0)
      }
      assert.equal(committed, false)
    } finally {
      gate.dispatchEvent(new Event('open'))
      await Promise.all([slow, quick])
    }
    assert.deepEqual(await heard(other), ['user slow', 'user quick'])
  },
)

guarantee(
  'a reader that follows 100 writers misses nothing and sees every number once',
  async ({ store, database }) => {
    const other = await database.open()
    const seen: number[] = []
    let writing = true
    const reader = (async () => {
      for (let last = 0; ; ) {
        const done = !writing
        const changes = await other.changes.since(last, 7)
        seen.push(...changes.map(({ seq }) => seq))
        last = seen.at(-1) ?? 0
        if (done && changes.length === 0) return
        await new Promise(setImmediate)
      }
    })()
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        store
          .transaction(async (tx) => {
            await tx.changes.append('user', `u-${index}`, 1, start)
            if (index % 3 === 0) await tx.changes.latest()
            for (let pause = index % 5; pause > 0; pause -= 1) await tx.meta.get('k')
            if (index % 10 === 9) throw new Error('rolled back')
          })
          .catch(() => {}),
      ),
    )
    writing = false
    await reader
    assert.equal(seen.length, 90)
    assert.deepEqual(
      seen,
      (await store.changes.since(0, 1000)).map(({ seq }) => seq),
    )
    assert.deepEqual(
      seen,
      [...new Set(seen)].sort((a, b) => a - b),
    )
  },
)

guarantee('a commit wakes those who watch, here and in another process', async ({ store, database }) => {
  const other = await database.open()
  const watchers = [nextWake(store.changes.watch), nextWake(other.changes.watch)]
  await store.changes.append('user', 'a', 1, start)
  await Promise.all(watchers.map(({ woken }) => woken))
  for (const { stop } of watchers) stop()
})

guarantee('who stopped watching is not woken, others still are', async ({ store }) => {
  let calls = 0
  const count = () => {
    calls += 1
  }
  const stop = store.changes.watch(count)
  store.changes.watch(count)()
  stop()
  stop()
  const kept = nextWake(store.changes.watch)
  await store.changes.append('user', 'a', 1, start)
  await kept.woken
  kept.stop()
  assert.equal(calls, 0)
})

guarantee('old changes are deleted, but the highest number never falls', async ({ store }) => {
  for (const at of [start, start + 1, start + 2]) await store.changes.append('user', 'a', 1, at)
  const latest = await store.changes.latest()
  assert.equal(await store.changes.purge(start + 1), 1)
  assert.equal(await store.changes.purge(start + 100), 1)
  assert.equal(await store.changes.latest(), latest)
  assert.equal(await store.changes.purge(start + 100), 0)
  await store.changes.append('user', 'a', 1, start)
  assert.ok((await store.changes.latest()) > latest)
})
