import assert from 'node:assert/strict'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import pg from 'pg'
import type {
  DocumentFilter,
  DocumentIndex,
  DocumentWish,
  NewDocument,
  Operand,
} from '../../src/core/document-records.ts'
import type { Comparable } from '../../src/core/piece-fields.ts'
import { CardeaError } from '../../src/errors.ts'
import { expressionOf, orderOf } from '../../src/store/document-expressions.ts'
import { indexStatement } from '../../src/store/document-indexes.ts'
import { postgresEngine, sqliteEngine } from '../../src/store/engine.ts'
import { addUser, guarantee, sideBySide, start, tally, unique } from './contract.ts'

function newDocument(patch: Partial<NewDocument> = {}): NewDocument {
  return {
    docId: unique('document'),
    mode: 'published',
    type: 'article',
    slug: unique('slug'),
    visibility: 'public',
    archived: false,
    ownerId: null,
    updatedBy: null,
    values: { title: 'x' },
    search: {},
    createdAt: start,
    updatedAt: start,
    publishedAt: start,
    ...patch,
  }
}

const all: DocumentFilter = {
  type: 'article',
  mode: 'published',
  visibilities: ['public', 'loginRequired'],
  archived: false,
  conditions: [],
  search: null,
  docIds: null,
}
const list = (patch: Partial<DocumentWish> = {}): DocumentWish => ({ ...all, sort: [], limit: 50, offset: 0, ...patch })
const field = (name: string, comparable: Comparable) => ({ path: name.split('.'), comparable })

guarantee('a document comes back as it was put in', async ({ store }) => {
  const user = await addUser(store)
  const document = newDocument({
    values: { title: "quote ' and \\ and \u{1F6A2}", deep: { list: [1, 0.1, null, true, { a: 'b' }] }, none: null },
    ownerId: user.id,
    updatedBy: user.id,
    publishedAt: null,
  })
  assert.equal(await store.documents.create([document]), 'made')
  const { updatedBy: _, search: __, ...rest } = document
  assert.deepEqual(await store.documents.byId('article', document.docId, 'published'), {
    ...rest,
    updatedBy: { id: user.id, publicId: user.publicId, username: user.username },
  })
  assert.equal(await store.documents.byId('memo', document.docId, 'published'), null)
  assert.equal(await store.documents.byId('article', document.docId, 'draft'), null)
})

guarantee(
  'a slug is there once for a type and mode, and of two that are made together both or none are',
  async ({ store }) => {
    const one = newDocument({ slug: 'a' })
    assert.equal(await store.documents.create([one]), 'made')
    const other = newDocument({ slug: 'b' })
    assert.equal(await store.documents.create([other, newDocument({ slug: 'a' })]), 'slug_taken')
    assert.equal(await store.documents.byId('article', other.docId, 'published'), null)
    assert.equal(await store.documents.create([newDocument({ slug: 'a', mode: 'draft' })]), 'made')
    assert.equal(await store.documents.create([newDocument({ slug: 'a', type: 'memo' })]), 'made')
    await store.transaction(async (tx) => {
      assert.equal(await tx.documents.create([newDocument({ slug: 'a' })]), 'slug_taken')
      assert.equal(await tx.documents.create([other]), 'made')
    })
    assert.notEqual(await store.documents.byId('article', other.docId, 'published'), null)
  },
)

guarantee('of 50 who take one slug side by side one has it', async ({ store }) => {
  const answers = await sideBySide(() => store.documents.create([newDocument({ slug: 'one' })]))
  assert.deepEqual([tally(answers, 'made'), tally(answers, 'slug_taken')], [1, 49])
})

guarantee('50 changes side by side all count', async ({ store }) => {
  const document = newDocument({ values: { price: 0 } })
  await store.documents.create([document])
  await sideBySide(() =>
    store.transaction(async (tx) => {
      const [held] = await tx.documents.held('article', document.docId)
      await tx.documents.save({ ...document, values: { price: Number(held?.values.price) + 1 } })
    }),
  )
  assert.deepEqual((await store.documents.byId('article', document.docId, 'published'))?.values, { price: 50 })
})

guarantee('saving keeps owner and time of making, and takes no slug of another', async ({ store }) => {
  const user = await addUser(store)
  const document = newDocument({ ownerId: user.id, slug: 'mine' })
  await store.documents.create([document, newDocument({ slug: 'theirs' })])
  const changed = { ...document, ownerId: null, createdAt: 1, updatedAt: start + 1, values: { title: 'y' } }
  assert.equal(await store.documents.save(changed), 'saved')
  const saved = await store.documents.byId('article', document.docId, 'published')
  assert.deepEqual([saved?.ownerId, saved?.createdAt, saved?.updatedAt], [user.id, start, start + 1])
  assert.equal(await store.documents.save({ ...changed, slug: 'theirs' }), 'slug_taken')
  assert.equal(await store.documents.save(newDocument()), 'gone')
  assert.equal(await store.documents.save({ ...changed, type: 'memo' }), 'gone')
  assert.equal((await store.documents.byId('article', document.docId, 'published'))?.slug, 'mine')
})

guarantee('both modes go together, and only of the type that is named', async ({ store }) => {
  const document = newDocument()
  await store.documents.create([document, { ...document, mode: 'draft' }])
  assert.equal(await store.documents.remove('memo', document.docId), false)
  assert.equal((await store.transaction((tx) => tx.documents.held('article', document.docId))).length, 2)
  assert.equal(await store.documents.remove('article', document.docId), true)
  assert.equal(await store.documents.remove('article', document.docId), false)
})

guarantee(
  'the documents of a deleted user go, and what they changed of others stays without their name',
  async ({ store }) => {
    const user = await addUser(store)
    const own = newDocument({ ownerId: user.id })
    const other = newDocument({ updatedBy: user.id })
    await store.documents.create([own, { ...own, mode: 'draft' }, other])
    await store.users.remove(user.id, [], start)
    assert.equal(await store.documents.byId('article', own.docId, 'published'), null)
    assert.equal(await store.documents.byId('article', own.docId, 'draft'), null)
    assert.equal((await store.documents.byId('article', other.docId, 'published'))?.updatedBy, null)
  },
)

guarantee('a list is filtered, sorted the same on both engines, and cut into pages', async ({ store }) => {
  const values = [
    { title: 'b', price: 2, flag: true, place: { town: 'T' } },
    { title: 'B', price: 10 },
    { title: 'ä', price: -1.5, flag: false },
    { title: 'a' },
    { title: '\u{1F6A2}', price: '9' },
  ]
  await store.documents.create(values.map((each, at) => newDocument({ values: each, updatedAt: start + at })))
  await store.documents.create([
    newDocument({ archived: true }),
    newDocument({ type: 'memo' }),
    newDocument({ mode: 'draft' }),
  ])
  const found = async (wish: Partial<DocumentWish>) =>
    (await store.documents.list(list(wish))).map((document) => document.values.title)
  const by = (name: string, comparable: Comparable, direction: 'asc' | 'desc') => ({
    sort: [{ operand: field(name, comparable), direction }],
  })
  const where = (name: string, comparable: Comparable, ...wanted: readonly (string | number | boolean)[]) => ({
    conditions: [{ operand: field(name, comparable), op: 'in' as const, values: wanted }],
  })
  assert.deepEqual(await found({}), ['\u{1F6A2}', 'a', 'ä', 'B', 'b'])
  assert.deepEqual(await found(by('title', 'text', 'asc')), ['B', 'a', 'b', 'ä', '\u{1F6A2}'])
  assert.deepEqual(await found(by('title', 'text', 'desc')), ['\u{1F6A2}', 'ä', 'b', 'a', 'B'])
  // A text that is left from another declaration counts as nothing.
  assert.deepEqual(await found(by('price', 'number', 'asc')), ['a', '\u{1F6A2}', 'ä', 'b', 'B'])
  assert.deepEqual(await found({ ...by('price', 'number', 'desc'), limit: 2, offset: 1 }), ['b', 'ä'])
  assert.deepEqual(await found(by('flag', 'boolean', 'desc')), ['b', 'ä', '\u{1F6A2}', 'a', 'B'])
  assert.deepEqual(await found(where('price', 'number', 2, 10)), ['B', 'b'])
  assert.deepEqual(await found(where('flag', 'boolean', false)), ['ä'])
  assert.deepEqual(await found(where('place.town', 'text', 'T')), ['b'])
  assert.deepEqual(await found(where('title', 'text')), [])
  const bounds = (op: 'min' | 'max', value: number) => ({
    conditions: [{ operand: field('price', 'number'), op, value }],
  })
  assert.deepEqual(await found(bounds('min', 2)), ['B', 'b'])
  assert.deepEqual(await found(bounds('max', 0)), ['ä'])
  assert.equal(await store.documents.count({ ...all, ...where('flag', 'boolean', true, false) }), 2)
})

guarantee('texts are told apart beyond what an index holds of them, and long ones can be stored', async ({ store }) => {
  await store.documents.setIndexes([{ type: 'article', operands: [field('title', 'text')] }])
  const [long, beginning] = ['é'.repeat(60_000), 'é'.repeat(200)]
  for (const title of [`${beginning}one`, `${beginning}two`, beginning, long])
    assert.equal(await store.documents.create([newDocument({ values: { title } })]), 'made')
  for (const title of [`${beginning}one`, beginning, long]) {
    const conditions = [{ operand: field('title', 'text'), op: 'in' as const, values: [title] }]
    assert.deepEqual(
      (await store.documents.list(list({ conditions }))).map((each) => each.values.title),
      [title],
    )
  }
})

guarantee('ids in a list, words in a text, and values with how often each is there', async ({ store }) => {
  const one = newDocument({
    values: { ids: ['a', 'b'], tag: 'x', flag: true },
    search: { title: 'red ship', 'place.town': 'ham' },
  })
  const two = newDocument({ values: { ids: ['b'], tag: 'y', flag: false }, search: { title: 'blue 100%' } })
  const three = newDocument({ values: { tag: 'y' }, visibility: 'loginRequired' })
  await store.documents.create([one, two, three])
  const relates = (...ids: readonly string[]) =>
    store.documents.count({ ...all, conditions: [{ path: ['ids'], op: 'relates', ids }] })
  assert.deepEqual(
    [await relates('a'), await relates('b'), await relates('a', 'z'), await relates('z'), await relates()],
    [1, 2, 1, 0, 0],
  )
  const words = (paths: readonly string[], ...wanted: readonly string[]) =>
    store.documents.count({ ...all, search: { paths, words: wanted } })
  assert.deepEqual(
    [
      await words(['title'], 'red'),
      await words(['title'], 'red', 'blue'),
      await words(['title', 'place.town'], 'red', 'ham'),
    ],
    [1, 0, 1],
  )
  assert.deepEqual(
    [
      await words(['place.town'], 'red'),
      await words([], 'red'),
      await words(['title'], '%'),
      await words(['title'], '_'),
    ],
    [0, 0, 1, 0],
  )
  const counted = (name: string, comparable: Comparable) =>
    store.documents.values({ ...all, visibilities: ['public'] }, field(name, comparable), 10)
  assert.deepEqual(await counted('tag', 'text'), [
    { value: 'x', count: 1 },
    { value: 'y', count: 1 },
  ])
  assert.deepEqual(await counted('flag', 'boolean'), [
    { value: false, count: 1 },
    { value: true, count: 1 },
  ])
  assert.deepEqual(await store.documents.values(all, field('tag', 'text'), 1), [{ value: 'y', count: 2 }])
  assert.equal(await store.documents.count({ ...all, docIds: [one.docId, three.docId, 'nobody'] }), 2)
  assert.equal(await store.documents.count({ ...all, docIds: [] }), 0)
})

test('a path or a type that is more than names reaches no statement', async () => {
  for (const engine of [sqliteEngine, postgresEngine]) {
    for (const path of ["a'b", 'a"b', 'a}b', '', 'a b', "x') --"]) {
      const index: DocumentIndex = { type: 'article', operands: [{ path: [path], comparable: 'text' }] }
      assert.throws(() => indexStatement(engine, index), TypeError)
    }
    for (const type of ["a'b", '', 'A', '1'])
      assert.throws(() => indexStatement(engine, { type, operands: [field('a', 'text')] }), TypeError)
  }
})

const color = { type: 'article', operands: [field('color', 'text')] }
const price = { type: 'article', operands: [field('price', 'number')] }
const both = { type: 'article', operands: [field('color', 'text'), field('price', 'number')] }

guarantee(
  'indexes follow the declaration: made once, kept, dropped, and nothing else is touched',
  async ({ store }) => {
    const { made } = await store.documents.setIndexes([color, price])
    assert.equal(made.length, 2)
    assert.deepEqual(await store.documents.setIndexes([price, color, color]), { made: [], dropped: [] })
    const next = await store.documents.setIndexes([price, both])
    assert.deepEqual([next.made.length, next.dropped.length], [1, 1])
    assert.ok(made.includes(next.dropped[0] ?? ''))
    assert.deepEqual((await store.documents.setIndexes([])).dropped.length, 2)
    // The slug is still there once only.
    await store.documents.create([newDocument({ slug: 'a' })])
    assert.equal(await store.documents.create([newDocument({ slug: 'a' })]), 'slug_taken')
  },
)

guarantee('two nodes that start side by side make each index once', async ({ database, clock, store }) => {
  const other = await database.open({ clock })
  const answers = await Promise.all(
    [store, other, store, other].map((node) => node.documents.setIndexes([color, price, both])),
  )
  assert.equal(answers.flatMap(({ made }) => made).length, 3)
})

guarantee('a list that is filtered and sorted as declared is read from its index', async ({ store, database }) => {
  await store.documents.setIndexes([color, price, both])
  const documents = Array.from({ length: 3000 }, (_, at) =>
    newDocument({ values: { color: ['red', 'green', 'blue'][at % 3] ?? '', price: at % 97 }, updatedAt: start + at }),
  )
  await store.documents.create(documents)
  const plans = await plansOf(database, both, color)
  for (const { plan, index } of plans) {
    assert.ok(plan.includes(index), plan)
    assert.doesNotMatch(plan, /TEMP B-TREE|Sort/, plan)
  }
})

/** What the engine would do for the two queries that the indexes are there for. */
async function plansOf(
  database: { readonly engine: 'sqlite' | 'postgres'; readonly address: string },
  ...indexes: readonly DocumentIndex[]
): Promise<readonly { readonly plan: string; readonly index: string }[]> {
  const engine = database.engine === 'sqlite' ? sqliteEngine : postgresEngine
  const sqlColor = expressionOf(engine, field('color', 'text'))
  const by = (operand: Operand, direction: 'asc' | 'desc') => orderOf(engine, [{ operand, direction }]).join(', ')
  const from = `select doc_id from documents where type = 'article' and mode = 'published' and visibility = 'public' and archived = 0 and ${sqlColor} in ('red')`
  const queries = [
    `${from} order by ${by(field('price', 'number'), 'asc')} limit 50`,
    `${from} order by ${by({ column: 'updatedAt' }, 'desc')} limit 50`,
  ]
  const explained = await explain(database, queries)
  return explained.map((plan, at) => ({ plan, index: indexStatement(engine, indexes[at] ?? color).name }))
}

async function explain(
  { engine, address }: { readonly engine: string; readonly address: string },
  queries: readonly string[],
) {
  if (engine === 'sqlite') {
    const file = new Database(address, { readonly: true })
    try {
      return queries.map((query) => JSON.stringify(file.prepare(`explain query plan ${query}`).all()))
    } finally {
      file.close()
    }
  }
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    await client.query('analyze documents')
    const plans: string[] = []
    for (const query of queries) plans.push(JSON.stringify((await client.query(`explain ${query}`)).rows))
    return plans
  } finally {
    await client.end()
  }
}

guarantee('what no transaction committed is not there', async ({ store }) => {
  const document = newDocument()
  const failed = store.transaction(async (tx) => {
    await tx.documents.create([document])
    throw new CardeaError('conflict')
  })
  await assert.rejects(failed)
  assert.equal(await store.documents.count(all), 0)
})
