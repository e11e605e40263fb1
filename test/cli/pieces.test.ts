import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createProgress } from '../../src/cli/progress.ts'
import { createPlace, type TestPlace, type TestServerProcess } from './command.ts'

const newsroom = fileURLToPath(new URL('../../examples/newsroom', import.meta.url))

let place: TestPlace
let server: TestServerProcess
before(async () => {
  place = await createPlace()
  cpSync(newsroom, place.folder, { recursive: true })
  server = await place.serve()
})
after(() => place.drop())

interface Report {
  readonly type: string
  readonly imported: number
  readonly dry_run: boolean
  readonly problems: readonly { readonly line: number; readonly field: string; readonly message: string }[]
}

/** What the import says to machines; it may end with 1. */
async function report(...args: readonly string[]): Promise<Report> {
  const { stdout, stderr } = await place.run(['pieces', 'import', ...args, '--json'])
  assert.ok(stdout !== '', stderr)
  return JSON.parse(stdout)
}
const write = (name: string, text: string) => writeFileSync(join(place.folder, name), text)
const count = async () => {
  const answered = await fetch(`${server.address}/api/v1/article?count=1`)
  return ((await answered.json()) as { readonly count: number }).count
}

describe('an import', () => {
  test('that is only tried says what would be there, and keeps nothing', async () => {
    const { code, stdout, stderr } = await place.run(['pieces', 'import', 'article.json', '--dry-run'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.equal(stdout, '5 document(s) of type article would be there.\n')
    assert.equal(await count(), 0)
  })

  test('makes what a list holds, and the running server answers it: what is public, as projected', async () => {
    assert.deepEqual(await report('article.json'), { type: 'article', imported: 5, dry_run: false, problems: [] })
    const answered = await fetch(`${server.address}/api/v1/article?section=city&sort[minutes]=1`)
    const { results } = (await answered.json()) as { readonly results: readonly Record<string, unknown>[] }
    assert.deepEqual(
      results.map(({ title }) => title),
      ['The clock on the town hall runs again', 'What the library lends besides books'],
    )
    for (const result of results) assert.equal('fee' in result || 'body' in result, false)
  })

  test('reads one document a line, or one object, under the type that the file or the flag names', async () => {
    assert.deepEqual(await report('memo.jsonl'), { type: 'memo', imported: 3, dry_run: false, problems: [] })
    write('one.json', '\uFEFF{"title": "One"}\n')
    assert.equal((await report('one.json', '--type', 'memo')).imported, 1)
    assert.equal((await fetch(`${server.address}/api/v1/memo`)).status, 404)
  })

  test('names every line and field that is wrong, and nothing of the file is there', async () => {
    const before = await count()
    const lines = [
      '{"title": "Good"}',
      '',
      '{"title": "Bad", "minutes": 99, "feee": 1}',
      '{"minutes": 1}',
      '7',
      '{"title": "Bad", "source": "javascript:alert(1)"}',
    ]
    write('article.jsonl', lines.join('\n'))
    const { code, stdout, stderr } = await place.run(['pieces', 'import', 'article.jsonl'])
    assert.deepEqual([code, stdout], [1, ''])
    assert.deepEqual(stderr.trim().split('\n'), [
      'line 3: feee is not a field of article',
      'line 3: minutes must be at most 60',
      'line 4: title is required',
      'line 5: must be an object',
      'line 6: source must be an http or https address',
      'Nothing was imported.',
    ])
    const { imported, problems } = await report('article.jsonl')
    assert.deepEqual([imported, problems.length], [0, 5])
    assert.equal(await count(), before)
  })

  test('that fails half-way leaves nothing behind', async () => {
    const before = await count()
    const many = Array.from({ length: 250 }, (_, at) => JSON.stringify({ title: `Many ${at}`, slug: `many-${at}` }))
    write(
      'article.jsonl',
      [...many, '{"title": "x", "slug": "many-7"}', '{"title": "y", "slug": "fog-until-noon"}'].join('\n'),
    )
    const { imported, problems } = await report('article.jsonl')
    assert.equal(imported, 0)
    assert.deepEqual(problems, [
      { line: 251, field: 'slug', message: 'is the slug of another document' },
      { line: 252, field: 'slug', message: 'is the slug of another document' },
    ])
    assert.equal(await count(), before)
    const tried = await report('article.jsonl', '--dry-run')
    assert.equal(tried.problems.length, 2)
  })

  test('numbers slugs that are made of titles', async () => {
    write('memo.json', JSON.stringify(Array.from({ length: 120 }, () => ({ title: 'Again' }))))
    assert.equal((await report('memo.json')).imported, 120)
  })

  test('keeps the ids of the file, so that what its documents say of each other holds', async () => {
    const [one, other] = ['c0000000000000000000000a1', 'c0000000000000000000000b2']
    const memos = [
      { title: 'Chicken', aposDocId: one },
      { title: 'Egg', _id: `${other}:en:published` },
    ]
    write('memo.json', JSON.stringify(memos))
    assert.equal((await report('memo.json')).imported, 2)
    // Of drafts, of another type: an id is there once.
    write('article.json', JSON.stringify([{ title: 'Hen', _id: one }, { title: 'New' }]))
    for (const flags of [[], ['--draft']]) {
      const { imported, problems } = await report('article.json', ...flags)
      assert.deepEqual([imported, problems], [0, [{ line: 1, field: '_id', message: 'is the id of another document' }]])
    }
    const twice = { title: 'Twice', _id: 'c0000000000000000000000c3' }
    write('article.json', JSON.stringify([twice, twice, { title: 'No', _id: '__proto__' }, { title: 'No', _id: 7 }]))
    const { imported, problems } = await report('article.json')
    assert.deepEqual(
      [imported, problems.map(({ line, field }) => [line, field])],
      [0, [2, 3, 4].map((n) => [n, '_id'])],
    )
  })

  test('of what is made to break it says what is wrong, and keeps nothing', async () => {
    const before = await count()
    const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`x${at}`, 1]))
    write('article.json', JSON.stringify([{ title: 'Many', ...many }]))
    assert.equal((await report('article.json')).problems.length, 100)
    write(
      'article.jsonl',
      [
        '{"title": "a", "__proto__": {"minutes": 1}, "constructor": 1}',
        '{"title": "b", "minutes": 1e999}',
        '{"title": "c", "minutes": 123456789012345678901234567890}',
        '{"title": "d", "place": {"town": {"__proto__": 1}}}',
        `{"title": "e", "place": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
        '{"title": "\\ud800"}',
        '{"title": "f\\u0000"}',
      ].join('\n'),
    )
    const { problems } = await report('article.jsonl')
    assert.deepEqual(
      problems.map(({ line, field }) => `${line} ${field}`),
      ['1 __proto__', '1 constructor', '2 minutes', '3 minutes', '4 place.town', '5 place', '6 title', '7 title'],
    )
    assert.equal(await count(), before)
  })

  test('of drafts publishes nothing, and an owner takes them along', async () => {
    await place.json(['user', 'create', 'rita', '--role', 'editor', '--password-stdin'], 'correct horse battery\n')
    const before = await count()
    write('article.json', '[{"title": "Draft"}]')
    assert.equal((await report('article.json', '--draft', '--owner', 'rita')).imported, 1)
    assert.equal(await count(), before)
    write('article.json', '[{"title": "By Rita"}]')
    assert.equal((await report('article.json', '--owner', 'rita')).imported, 1)
    assert.equal(await count(), before + 1)
    assert.equal((await place.run(['user', 'delete', 'rita', '--yes'])).code, 0)
    assert.equal(await count(), before)
  })

  test('of a file that is not there, empty or no JSON, or of an unknown type, says so in one line', async () => {
    write('empty.json', ' \n')
    write('broken.json', '[{"title": "x"}')
    write('list.json', '[]')
    for (const [args, code, said] of [
      [['nowhere.json', '--type', 'memo'], 1, /nowhere\.json cannot be read \(ENOENT\)/],
      [['empty.json', '--type', 'memo'], 1, /holds no documents/],
      [['list.json', '--type', 'memo'], 1, /holds no documents/],
      [['broken.json', '--type', 'memo'], 1, /line 1: is where the JSON list breaks off\nNothing was imported\./],
      [['article.json', '--type', 'letter'], 2, /there is no piece type "letter": there are article, memo; say --type/],
      [['article.json', '--owner', 'nobody'], 1, /there is no user/],
    ] as const) {
      const ended = await place.run(['pieces', 'import', ...args])
      assert.deepEqual([ended.code, ended.stdout], [code, ''])
      assert.match(ended.stderr, said)
    }
  })
})

describe('the bar', () => {
  const draw = (isTTY: boolean, isQuiet = false) => {
    const drawn: string[] = []
    const stderr = { isTTY, write: (text: string) => drawn.push(text) } as unknown as NodeJS.WriteStream
    const progress = createProgress({ stdin: process.stdin, stdout: process.stdout, stderr }, !isQuiet, 'memo: ')
    for (let done = 0; done <= 1000; done += 1) progress.show({ done, total: 1000 })
    progress.end()
    return drawn
  }

  test('is drawn for people only, once for each look of it, and wiped away', () => {
    const drawn = draw(true)
    assert.ok(drawn.length <= 200, String(drawn.length))
    assert.match(drawn.at(-3) ?? '', /^\rmemo: \[#{30}\] 100 % {2}1000 of 1000$/)
    assert.match(drawn.slice(-2).join(''), /^\r +\r$/)
    assert.deepEqual([draw(false), draw(true, true)], [[], []])
  })
})
