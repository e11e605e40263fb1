import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { drawLibrary } from '../../examples/photos/draw.ts'
import { createProgress } from '../../src/cli/progress.ts'
import { createPlace, type TestPlace } from './command.ts'

let place: TestPlace
let environment: Record<string, string>
before(async () => {
  place = await createPlace()
  environment = { CARDEA_LIBREPHOTOS_LIBRARY: join(place.folder, 'pictures') }
  await drawLibrary(join(place.folder, 'pictures'))
  await place.json(['user', 'create', 'alice', '--no-password'])
  await place.json(['user', 'create', 'bob', '--no-password'])
})
after(() => place.drop())

const run = (args: readonly string[]) => place.run(['photos', ...args], '', environment)

async function json(args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run([...args, '--json'])
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '', 'no bar for machines')
  return JSON.parse(stdout)
}

test('folders are given, listed and taken back; a scan finds what is in them and says what it left out', async () => {
  assert.deepEqual(await json(['assign', 'alice', 'alice']), { path: 'alice', user: 'alice', public: false })
  assert.deepEqual(await json(['assign', 'alice/shown/', 'alice', '--public']), {
    path: 'alice/shown',
    user: 'alice',
    public: true,
  })
  const first = await json(['scan'])
  assert.deepEqual(first, {
    files: 4,
    added: 4,
    changed: 0,
    unchanged: 0,
    removed: 0,
    skipped: [{ path: 'bob', reason: 'no-owner' }],
  })
  assert.deepEqual((await json(['folders'])).items, [
    { path: 'alice', user: 'alice', public: false },
    { path: 'alice/shown', user: 'alice', public: true },
  ])
  const { code, stdout, stderr } = await run(['scan'])
  assert.equal(code, 0, stderr)
  assert.equal(
    stdout,
    '4 files: 0 new, 0 changed, 4 unchanged; 0 gone, 1 skipped.\n  bob: nobody was given it: photos assign\n',
  )
  assert.equal(stderr, '', 'no bar where nobody watches')
  assert.deepEqual(await json(['unassign', 'alice']), { path: 'alice', unassigned: true })
  assert.equal((await json(['scan'])).unchanged, 1)
})

test('what cannot be done is said in a line and ends with 1', async () => {
  for (const [args, words] of [
    [['assign', '../elsewhere', 'alice'], /folder: must be a path below the library/],
    [['assign', 'alice', 'nobody-of-this-name'], /there is no user/],
    [['unassign', 'never-given'], /nothing at this address/],
  ] as const) {
    const { code, stderr, stdout } = await run(args)
    assert.deepEqual([code, stdout], [1, ''], stderr)
    assert.match(stderr, words)
    assert.equal(stderr.trimEnd().split('\n').length, 1)
  }
  const without = await place.run(['photos', 'scan'])
  assert.equal(without.code, 1)
  assert.match(without.stderr, /CARDEA_LIBREPHOTOS_LIBRARY/)
})

test('a library whose disk is gone is an error, and costs nothing', async () => {
  await json(['assign', 'bob', 'bob'])
  assert.equal((await json(['scan'])).added, 2)
  rmSync(join(place.folder, 'pictures'), { recursive: true })
  const { code, stderr } = await run(['scan'])
  assert.equal(code, 1)
  assert.match(stderr, /the library .* cannot be read \(ENOENT\)/)
})

test('a library that meets the data folder is refused by every verb, by name', async () => {
  for (const library of ['data', 'data/thumbnails', '.']) {
    const { code, stderr } = await place.run(['photos', 'scan'], '', {
      CARDEA_LIBREPHOTOS_LIBRARY: join(place.folder, library),
    })
    assert.equal(code, 1)
    assert.match(
      stderr,
      /librephotos\.library \(CARDEA_LIBREPHOTOS_LIBRARY\) must be neither the data folder nor in it nor around it/,
    )
  }
})

test('the bar grows to its end and is taken away', () => {
  const written: string[] = []
  const stderr = { isTTY: true, write: (text: string) => written.push(text) }
  const io = { stdin: process.stdin, stdout: process.stdout, stderr: stderr as never }
  const bar = createProgress(io, true)
  bar.show({ done: 0, total: 4 })
  bar.show({ done: 2, total: 4 })
  bar.show({ done: 2, total: 4 })
  bar.show({ done: 4, total: 4 })
  bar.end()
  assert.deepEqual(written.slice(0, 3), [
    `\r[${'.'.repeat(30)}]   0 %  0 of 4`,
    `\r[${'#'.repeat(15)}${'.'.repeat(15)}]  50 %  2 of 4`,
    `\r[${'#'.repeat(30)}] 100 %  4 of 4`,
  ])
  assert.match(written.at(-2) ?? '', /^\r +$/)
  assert.equal(written.at(-1), '\r')
})
