import assert from 'node:assert/strict'
import { CardeaError } from '../../src/errors.ts'
import { addUser, guarantee, sideBySide, start } from './contract.ts'

const misuse = { name: 'TypeError' }

guarantee('a transaction is all or nothing, and answers what its callback answers', async ({ store }) => {
  assert.equal(
    await store.transaction(async (tx) => {
      await tx.meta.set('a', '1')
      return 5
    }),
    5,
  )
  const refusal = new CardeaError('last_admin')
  await assert.rejects(
    store.transaction(async (tx) => {
      await tx.meta.set('a', '2')
      await tx.meta.set('b', '2')
      throw refusal
    }),
    refusal,
  )
  assert.deepEqual([await store.meta.get('a'), await store.meta.get('b')], ['1', null])
})

guarantee(
  'nobody sees what a transaction has not committed, and reading does not wait for it',
  async ({ store, database }) => {
    const other = await database.open()
    await store.meta.set('a', '1')
    const holding = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const transaction = store.transaction(async (tx) => {
      await tx.meta.set('a', '2')
      assert.equal(await tx.meta.get('a'), '2')
      holding.resolve()
      await done.promise
    })
    await holding.promise
    assert.deepEqual([await store.meta.get('a'), await other.meta.get('a')], ['1', '1'])
    await store.ping()
    done.resolve()
    await transaction
    assert.deepEqual([await store.meta.get('a'), await other.meta.get('a')], ['2', '2'])
  },
)

guarantee('the outer store is refused inside of its transaction, for reads and writes alike', async ({ store }) => {
  await store.transaction(async (tx) => {
    const calls = [
      () => store.users.byId(1),
      () => store.meta.set('a', 'b'),
      () => store.changes.latest(),
      () => store.transaction(async () => {}),
      () => store.ping(),
      () => Promise.resolve().then(() => store.meta.get('a')),
    ]
    for (const call of calls) await assert.rejects(call, misuse)
    await tx.meta.set('a', 'c')
  })
  assert.equal(await store.meta.get('a'), 'c')
})

guarantee('a nested transaction is part of the one around it', async ({ store }) => {
  await assert.rejects(
    store.transaction(async (tx) => {
      await tx.transaction(async (inner) => {
        await inner.meta.set('a', '1')
        await inner.transaction(async (innermost) => innermost.meta.set('b', '1'))
      })
      assert.equal(await tx.meta.get('b'), '1')
      throw new Error('later')
    }),
    /later/,
  )
  assert.deepEqual([await store.meta.get('a'), await store.meta.get('b')], [null, null])
})

guarantee('a transaction that is over is refused; work it left behind may use the outer store', async ({ store }) => {
  const over = Promise.withResolvers<void>()
  let left: Promise<string | null> = Promise.resolve(null)
  const kept = await store.transaction(async (tx) => {
    await tx.meta.set('a', '1')
    left = over.promise.then(() => store.meta.get('a'))
    return tx
  })
  over.resolve()
  assert.equal(await left, '1')
  await assert.rejects(kept.meta.get('a'), misuse)
  await assert.rejects(kept.users.growEpoch(1, start), misuse)
})

guarantee(
  'a transaction that begins by reading can still write, although another process wants to',
  async ({ store, database }) => {
    const other = await database.open()
    let foreign = Promise.resolve()
    await store.transaction(async (tx) => {
      assert.equal(await tx.meta.get('a'), null)
      foreign = other.meta.set('b', '1')
      for (let round = 0; round < 20; round += 1) await tx.meta.get('a')
      await tx.meta.set('a', '1')
    })
    await foreign
    assert.deepEqual([await store.meta.get('a'), await store.meta.get('b')], ['1', '1'])
  },
)

guarantee('a lock is held until the commit, and needs a transaction', async ({ store }) => {
  await assert.rejects(store.lock('x'), misuse)
  // Read, wait, write: without the lock, updates of one another would be lost.
  await sideBySide((index) =>
    store.transaction(async (tx) => {
      await tx.lock('counter')
      const value = Number(await tx.meta.get('n'))
      for (let pause = index % 4; pause > 0; pause -= 1) await tx.meta.get('n')
      await tx.meta.set('n', String(value + 1))
    }),
  )
  assert.equal(await store.meta.get('n'), '50')
})

guarantee('transactions that lock the same things in another order all come through', async ({ store }) => {
  const [a, b] = [await addUser(store), await addUser(store)]
  await sideBySide(
    (index) =>
      store.transaction(async (tx) => {
        const order = index % 2 === 0 ? [a, b] : [b, a]
        for (const { id } of order) await tx.users.growEpoch(id, start + index)
      }),
    6,
  )
  assert.deepEqual([(await store.users.byId(a.id))?.epoch, (await store.users.byId(b.id))?.epoch], [7, 7])
})

guarantee('a bound store cannot be closed; a closed one is unavailable', async ({ store }) => {
  await store.transaction(async (tx) => assert.rejects(tx.close(), misuse))
  await store.ping()
  await Promise.all([store.close(), store.close()])
  for (const call of [() => store.ping(), () => store.meta.get('a'), () => store.transaction(async () => {})]) {
    await assert.rejects(call, { code: 'unavailable' })
  }
})

guarantee('closing waits for the transaction that is open', async ({ store, database }) => {
  const holding = Promise.withResolvers<void>()
  const transaction = store.transaction(async (tx) => {
    await tx.meta.set('a', '1')
    holding.resolve()
    for (let pause = 0; pause < 20; pause += 1) await tx.meta.get('a')
    await tx.meta.set('a', '2')
  })
  await holding.promise
  await Promise.all([store.close(), transaction])
  assert.equal(await (await database.open()).meta.get('a'), '2')
})
