import assert from 'node:assert/strict'
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPhotoScan } from '../../src/core/photo-scan.ts'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { createLibrary, fill, picture, scanned, type TestLibrary } from '../support/library.ts'
import { makeUser } from '../support/people.ts'
import { silentLog } from '../support/store.ts'

interface Given extends TestCore {
  readonly library: TestLibrary
  readonly alice: User
}

function guarantee(
  name: string,
  run: (given: Given) => Promise<void>,
  wish: Parameters<typeof createLibrary>[0] = {},
): void {
  test(name, { timeout: 60_000 }, async () => {
    const library = createLibrary(wish)
    const t = await createTestCore({ photos: library.open })
    try {
      const alice = await makeUser(t)
      await t.core.photos.assign('alice', alice, false)
      await run({ ...t, library, alice })
    } finally {
      await t.drop()
      library.drop()
    }
  })
}

const none = { added: 0, changed: 0, unchanged: 0, removed: 0, skipped: [] as string[] }
const pathsOf = async ({ store }: Pick<TestCore, 'store'>) =>
  (await store.photos.after(null, 100)).map(({ path }) => path)

guarantee('a scan indexes what is there, with size, type, date and the shape as it is seen', async (given) => {
  const { core, library, store, clock } = given
  await fill(library)
  assert.deepEqual(await scanned(core.photos), { ...none, files: 4, added: 4, skipped: ['bob: no-owner'] })
  const [lake] = await store.photos.atPaths(['alice/lake.jpg'])
  assert.ok(lake !== undefined)
  const { hash: _, size: __, ...rest } = lake
  assert.deepEqual(rest, {
    path: 'alice/lake.jpg',
    userId: given.alice.id,
    modifiedAt: 1_700_000_000_000,
    type: 'image/jpeg',
    width: 640,
    height: 480,
    takenAt: Date.UTC(2024, 4, 1, 8, 20, 30),
    public: false,
    addedAt: clock.now(),
  })
  const others = await store.photos.atPaths(['alice/2023/hill.png', 'alice/2023/moon.webp'])
  assert.deepEqual(others.map(({ type }) => type).sort(), ['image/png', 'image/webp'])
})

guarantee('what did not change is not read again', async (given) => {
  const { core, library, store, clock } = given
  await fill(library)
  await core.photos.scan()
  clock.advance(60_000)
  const reading = createPhotoScan({
    store,
    clock,
    files: {
      library: {
        ...(await library.open({ ...given, log: silentLog }))?.library,
        examine: () => assert.fail('a file was read again'),
      },
      copies: {},
    } as never,
  })
  const { unchanged, files } = await reading.scan()
  assert.deepEqual({ unchanged, files }, { unchanged: 4, files: 4 })
})

guarantee(
  'what changed is another photo, what went is taken out, and a moved file is the same photo',
  async (given) => {
    const { core, library, store } = given
    library.put('alice/1.jpg', await picture())
    library.put('alice/2.png', await picture('alice/2023/hill.png'))
    library.put('alice/3.webp', await picture('alice/2023/moon.webp'))
    await core.photos.scan()
    const [before] = await store.photos.atPaths(['alice/3.webp'])
    library.put('alice/1.jpg', await picture('bob/sea.jpg'), 1_700_000_100)
    rmSync(join(library.folder, 'alice/2.png'))
    rmSync(join(library.folder, 'alice/3.webp'))
    library.put('alice/moved.webp', await picture('alice/2023/moon.webp'))
    assert.deepEqual(await scanned(core.photos), { ...none, files: 2, added: 1, changed: 1, removed: 2 })
    assert.deepEqual(await pathsOf(given), ['alice/1.jpg', 'alice/moved.webp'])
    assert.equal((await store.photos.byHash(before?.hash ?? ''))?.path, 'alice/moved.webp')
  },
)

guarantee('what is no picture of ours is left out, whatever it is called, and said', async (given) => {
  const { core, library } = given
  const jpeg = await picture()
  library.put('alice/vector.jpg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  library.put('alice/page.png', '<!doctype html><script>alert(1)</script>')
  library.put('alice/paper.webp', '%PDF-1.7')
  library.put('alice/nothing.jpg', '')
  library.put('alice/cut.jpg', jpeg.subarray(0, 40))
  library.put('alice/lies.jpg', Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), jpeg]))
  library.put('alice/.hidden.jpg', jpeg)
  library.put('alice/.trash/1.jpg', jpeg)
  library.put('alice/really-a-jpeg.txt', jpeg)
  symlinkSync('/etc/passwd', join(library.folder, 'alice/out.jpg'))
  symlinkSync('really-a-jpeg.txt', join(library.folder, 'alice/in.jpg'))
  symlinkSync('..', join(library.folder, 'alice/loop'))
  const { files, added, skipped } = await scanned(core.photos)
  assert.deepEqual({ files, added }, { files: 7, added: 1 })
  assert.deepEqual(skipped, [
    'alice/.hidden.jpg: hidden',
    'alice/.trash: hidden',
    'alice/cut.jpg: broken',
    'alice/in.jpg: link',
    'alice/lies.jpg: broken',
    'alice/loop: link',
    'alice/nothing.jpg: empty',
    'alice/out.jpg: link',
    'alice/page.png: type',
    'alice/paper.webp: type',
    'alice/vector.jpg: type',
  ])
  assert.deepEqual(await pathsOf(given), ['alice/really-a-jpeg.txt'])
})

guarantee(
  'a picture of more pixels than allowed is not indexed',
  async ({ core, library }) => {
    library.put('alice/lake.jpg', await picture())
    library.put('alice/small.gif', await picture('bob/star.gif'))
    assert.deepEqual((await scanned(core.photos)).skipped, ['alice/lake.jpg: pixels'])
  },
  { maxPixels: 20_000 },
)

guarantee('a file that became no picture is taken out', async (given) => {
  const { core, library } = given
  library.put('alice/1.jpg', await picture())
  await core.photos.scan()
  library.put('alice/1.jpg', '<svg/>', 1_700_000_100)
  assert.deepEqual(await scanned(core.photos), { ...none, files: 1, removed: 1, skipped: ['alice/1.jpg: type'] })
  assert.deepEqual(await pathsOf(given), [])
})

guarantee(
  'an empty library, as where a disk is not mounted, does not cost the index unless that is meant',
  async (given) => {
    const { core, library } = given
    library.put('alice/1.jpg', await picture())
    await core.photos.scan()
    rmSync(join(library.folder, 'alice'), { recursive: true })
    await assert.rejects(core.photos.scan(), { code: 'conflict' })
    assert.deepEqual(await pathsOf(given), ['alice/1.jpg'])
    rmSync(library.folder, { recursive: true })
    await assert.rejects(core.photos.scan(), { code: 'unavailable' })
    library.put('keep.txt', '')
    const { removed } = await core.photos.scan({ allowEmpty: true })
    assert.equal(removed, 1)
    assert.deepEqual(await pathsOf(given), [])
  },
)

guarantee('scans side by side end with each file once', async (given) => {
  const { core, library } = given
  await fill(library)
  await Promise.all(Array.from({ length: 5 }, () => core.photos.scan()))
  assert.equal((await pathsOf(given)).length, 4)
  assert.equal(await given.store.photos.count(given.alice.id), 4)
})

guarantee('progress tells every file, and a scan that is stopped keeps what it has', async (given) => {
  const { core, library } = given
  await fill(library)
  const seen: string[] = []
  await core.photos.scan({ onProgress: ({ done, total }) => seen.push(`${done}/${total}`) })
  assert.deepEqual(seen, ['1/4', '2/4', '3/4', '4/4'])
  const stopping = new AbortController()
  stopping.abort()
  await assert.rejects(core.photos.scan({ signal: stopping.signal }))
  assert.equal((await pathsOf(given)).length, 4)
})

guarantee('a server that is stopped ends a scan without calling it a failure', async (given) => {
  await fill(given.library)
  const files = await given.library.open({ ...given, log: silentLog })
  assert.equal(
    given.core.jobs.some(({ name }) => name === 'scan-photos'),
    false,
    'only where the setting says so',
  )
  const other = await createTestCore({
    database: given.database,
    photos: async () => (files === undefined ? undefined : { ...files, scanSeconds: 60 }),
  })
  const job = other.core.jobs.find(({ name }) => name === 'scan-photos')
  assert.equal(job?.everySeconds, 60)
  const stopping = new AbortController()
  stopping.abort()
  await job?.run(stopping.signal)
  assert.deepEqual(await pathsOf(given), [])
  await job?.run()
  assert.equal((await pathsOf(given)).length, 4)
  await other.drop()
})

test('without a library there is nothing to scan and nothing to list', async () => {
  const t = await createTestCore()
  try {
    await assert.rejects(t.core.photos.scan(), { code: 'conflict' })
    assert.deepEqual(await t.core.photos.list(null, { offset: 0, limit: 10 }), { count: 0, photos: [] })
    assert.equal(
      t.core.jobs.some(({ name }) => /photo|thumbnail/.test(name)),
      false,
    )
  } finally {
    await t.drop()
  }
})
