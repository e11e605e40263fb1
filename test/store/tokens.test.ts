import assert from 'node:assert/strict'
import { addUser, allPages, guarantee, heard, newToken, sideBySide, start, tally } from './contract.ts'

guarantee('a private token comes back as it was stored, by each of its ids and with its user', async ({ store }) => {
  const user = await addUser(store)
  const wish = newToken(user.id, { scopes: ['account:read'] })
  const token = await store.tokens.create(wish)
  assert.deepEqual(token, { ...wish, id: token.id })
  assert.deepEqual(await store.tokens.byId(token.id), token)
  assert.deepEqual(await store.tokens.byPublicId(token.publicId), token)
  assert.deepEqual(await store.tokens.withUser(token.jti), { token, user })
  assert.equal(await store.tokens.withUser(token.publicId), null)
  assert.equal(await store.tokens.byId(2 ** 70), null)
  await assert.rejects(store.tokens.create({ ...wish, publicId: 'other' }), { code: 'conflict' })
})

guarantee('a private token is revoked by one caller, and heard of by its jti', async ({ store }) => {
  const user = await addUser(store)
  const token = await store.tokens.create(newToken(user.id))
  const answers = await sideBySide(() => store.tokens.revoke(token.publicId, start + 1))
  assert.equal(tally<boolean>(answers, true), 1)
  assert.equal((await store.tokens.withUser(token.jti))?.token.revokedAt, start + 1)
  assert.deepEqual(await heard(store), [`token ${token.jti}`])
})

guarantee("all live tokens of a user are revoked, and nobody else's", async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  const a = await store.tokens.create(newToken(user.id))
  const b = await store.tokens.create(newToken(user.id))
  const c = await store.tokens.create(newToken(other.id))
  await store.tokens.revoke(a.publicId, start)
  assert.deepEqual(await store.tokens.revokeAll(user.id, start), [b.publicId])
  assert.equal((await store.tokens.byId(c.id))?.revokedAt, null)
  assert.deepEqual(await heard(store), [`token ${a.jti}`, `token ${b.jti}`])
})

guarantee(
  'of 50 who replace one token side by side one does, and the old one never lives longer',
  async ({ store }) => {
    const user = await addUser(store)
    const old = await store.tokens.create(newToken(user.id, { expiresAt: start + 60 }))
    const answers = await sideBySide(() => store.tokens.replace(old.publicId, newToken(user.id), start + 100))
    const made = answers.filter((answer) => answer !== 'gone')
    assert.equal(made.length, 1)
    const after = await store.tokens.byId(old.id)
    assert.deepEqual([after?.successor, after?.expiresAt], [made[0]?.publicId, start + 60])
    assert.equal((await store.tokens.list(user.id, { limit: 100 })).items.length, 2)
    assert.deepEqual(await heard(store), [`token ${old.jti}`])
  },
)

guarantee(
  "tokens are listed newest first, one user's or everybody's, revoked ones when asked for",
  async ({ store }) => {
    const user = await addUser(store)
    const other = await addUser(store)
    for (const publicId of ['a', 'b', 'c']) await store.tokens.create(newToken(user.id, { publicId }))
    await store.tokens.create(newToken(other.id, { publicId: 'd' }))
    await store.tokens.revoke('b', start)
    const ids = async (userId: number | null, wish = {}) =>
      (await allPages((cursor) => store.tokens.list(userId, { limit: 1, ...wish, ...(cursor && { cursor }) }))).map(
        ({ publicId }) => publicId,
      )
    assert.deepEqual(await ids(user.id), ['c', 'a'])
    assert.deepEqual(await ids(user.id, { includeRevoked: true }), ['c', 'b', 'a'])
    assert.deepEqual(await ids(null), ['d', 'c', 'a'])
  },
)

guarantee(
  'the first use of a token is told to one caller; later uses only move its time forward',
  async ({ store }) => {
    const user = await addUser(store)
    const { jti, id } = await store.tokens.create(newToken(user.id))
    const answers = await sideBySide((index) => store.tokens.touch([{ jti, at: start + index }]))
    assert.deepEqual(answers.flat(), [jti])
    assert.equal((await store.tokens.byId(id))?.lastUsedAt, start + 49)
    await store.tokens.touch([{ jti, at: start }])
    assert.equal((await store.tokens.byId(id))?.lastUsedAt, start + 49)
    assert.deepEqual(await heard(store), [])
  },
)

guarantee(
  'a slice of the tokens of one user is counted, ordered and searched, letter case aside',
  async ({ store }) => {
    const user = await addUser(store)
    const other = await addUser(store)
    await store.tokens.create(newToken(other.id, { name: 'beta of another' }))
    for (const [name, days] of [
      ['beta', 3],
      ['alpha', 1],
      ['Beta two', 2],
    ] as const)
      await store.tokens.create(newToken(user.id, { name, expiresAt: start + days * 86_400_000 }))
    const names = async (wish: object) => {
      const order = { by: 'id', descending: false } as const
      const { items, count } = await store.tokens.slice(user.id, { offset: 0, limit: 10, order, ...wish })
      return [items.map(({ name }) => name), count]
    }
    assert.deepEqual(await names({}), [['beta', 'alpha', 'Beta two'], 3])
    assert.deepEqual(await names({ order: { by: 'expiresAt', descending: true } }), [['beta', 'Beta two', 'alpha'], 3])
    assert.deepEqual(await names({ name: 'BETA' }), [['beta', 'Beta two'], 2])
    assert.deepEqual(await names({ name: '%' }), [[], 0], 'nothing is a wildcard')
    assert.deepEqual(await names({ offset: 1, limit: 1 }), [['alpha'], 3])
    assert.deepEqual(await names({ offset: 5 }), [[], 3])
    const { items } = await store.tokens.slice(user.id, {
      offset: 0,
      limit: 1,
      order: { by: 'name', descending: false },
    })
    assert.equal(items[0]?.name, 'alpha')
    await store.tokens.revoke(items[0]?.publicId ?? '', start)
    assert.deepEqual(await names({}), [['beta', 'Beta two'], 2])
    assert.deepEqual(await names({ includeRevoked: true }), [['beta', 'alpha', 'Beta two'], 3])
  },
)

guarantee('tokens that end in a time are found soonest first, without what is dead already', async ({ store }) => {
  const user = await addUser(store)
  const closed = await addUser(store, { status: 'disabled' })
  const add = (expiresAt: number, patch: object = {}, owner = user.id) =>
    store.tokens.create(newToken(owner, { expiresAt, ...patch }))
  const late = await add(start + 20)
  const soon = await add(start + 10)
  await add(start + 5)
  await add(start + 21)
  await add(start + 15, { revokedAt: start })
  await add(start + 15, { suspendedAt: start })
  await add(start + 15, { successor: late.publicId })
  await add(start + 15, {}, closed.id)
  const found = await store.tokens.ending(start + 5, start + 20)
  assert.deepEqual(found, [
    { token: soon, user },
    { token: late, user },
  ])
})
