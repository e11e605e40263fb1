import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PieceType } from '../../../src/core/piece-types.ts'
import { as, assertInvalid, get, path, startNewsroom } from '../../support/pieces.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let article: PieceType
before(async () => {
  server = await startNewsroom()
  const type = server.core.documents.types.find(({ name }) => name === 'article')
  assert.ok(type !== undefined)
  article = type
})
after(() => server.close())

const wish = { mode: 'published', owner: null, dryRun: false } as const
const importAll = (contents: readonly object[]) =>
  server.core.documents.importAll(
    article,
    contents.map((content, line) => ({ line, content })),
    wish,
  )

test('a page whose documents are related to more of them than a statement takes parameters is answered', async () => {
  const idOf = (at: number) => `related${String(at).padStart(6, '0')}`
  const contents = Array.from({ length: 170 }, (_, line) => {
    const relatedIds = Array.from({ length: 200 }, (_, at) => idOf(line * 200 + at + 1))
    return { _id: idOf(line), title: `Article ${line}`, relatedIds }
  })
  assert.deepEqual((await importAll(contents)).problems, [])
  const answered = await get(server, 'anonymous', 'article?perPage=200')
  assert.equal(answered.status, 200, answered.text)
  const results = answered.body.results as unknown as readonly { title: string; _related: readonly unknown[] }[]
  const related = results.filter((each) => each._related.length > 0).map(({ title }) => title)
  assert.deepEqual(related, ['Article 0'])
})

test('a document does not grow beyond what a page can be made of, by however small changes', async () => {
  const pictures = Array.from({ length: 1000 }, () => ({ caption: 'x'.repeat(900) }))
  assert.deepEqual((await importAll([{ _id: 'large0000', title: 'Large', pictures }])).problems, [])
  const patch = (json: object) => server.send('PATCH', path('article/large0000'), as('editor', { json }))
  const more = { caption: 'y'.repeat(30_000) }
  assert.equal((await patch({ 'pictures.0': more })).status, 200)
  assertInvalid(await patch({ 'pictures.1': more, 'pictures.2': more }), '')
  assertInvalid(await patch({ _patches: [{ 'pictures.1': more }, { 'pictures.2': more }] }), '')
  assert.equal((await patch({ 'pictures.0.caption': 'z' })).status, 200)
  const problems = await importAll([{ title: 'Larger', pictures: pictures.map(() => ({ caption: 'x'.repeat(1000) })) }])
  assert.deepEqual(
    problems.problems.map(({ line, field }) => [line, field]),
    [[0, '']],
  )
})
