import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { folderOf, photoHash, readFolder } from '../../src/core/photo-folders.ts'
import { CardeaError } from '../../src/errors.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { createLibrary, picture, type TestLibrary } from '../support/library.ts'
import { makeUser } from '../support/people.ts'

test('a folder is named by a path below the library, or by a dot', () => {
  for (const [text, path] of [
    ['.', ''],
    ['/', ''],
    ['./', ''],
    ['', ''],
    ['alice', 'alice'],
    ['alice/', 'alice'],
    ['alice/2024', 'alice/2024'],
    ['Ferien am Meer', 'Ferien am Meer'],
  ] as const)
    assert.equal(readFolder(text), path, text)
})

test('no name of a folder leads out of the library', () => {
  for (const text of [
    '..',
    '../x',
    'a/../b',
    '/etc',
    './a',
    'a//b',
    'a\\b',
    '.hidden',
    'a/.git',
    'a\nb',
    'a\0b',
    'x'.repeat(1001),
  ])
    assert.throws(() => readFolder(text), { code: 'request_invalid' }, JSON.stringify(text))
  fc.assert(
    fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', '/', '\\', 'b c', '...'), { maxLength: 6 }), (parts) => {
      try {
        const path = readFolder(parts.join('/'))
        assert.ok(path === '' || path.split('/').every((part) => part !== '' && !part.startsWith('.')), path)
      } catch (error) {
        assert.ok(error instanceof CardeaError)
      }
    }),
  )
})

test('of folders inside each other the closest one decides, and a name that only begins alike does not', () => {
  const folders = [
    { path: 'a', userId: 1, public: false },
    { path: 'a/b', userId: 2, public: true },
  ]
  assert.equal(folderOf(folders, 'a/x.jpg')?.userId, 1)
  assert.equal(folderOf(folders, 'a/b/x.jpg')?.userId, 2)
  assert.equal(folderOf(folders, 'a/bc/x.jpg')?.userId, 1)
  assert.equal(folderOf(folders, 'ab/x.jpg'), null)
  assert.equal(folderOf(folders, 'a'), null)
  assert.equal(folderOf([...folders, { path: '', userId: 3, public: false }], 'ab/x.jpg')?.userId, 3)
})

test('the same picture of two users has two hashes', () => {
  const digest = 'ab'.repeat(32)
  assert.equal(photoHash(digest, 7), `${'ab'.repeat(16)}7`)
  assert.equal(photoHash(photoHash(digest, 7), 12), photoHash(digest, 12))
})

describe('whose a folder is', () => {
  let t: TestCore
  let library: TestLibrary
  before(async () => {
    library = createLibrary()
    t = await createTestCore({ photos: library.open })
    library.put('family/1.jpg', await picture())
    library.put('family/shown/2.jpg', await picture('bob/sea.jpg'))
  })
  after(async () => {
    await t.drop()
    library.drop()
  })

  const listOf = async (user: Parameters<TestCore['core']['photos']['list']>[0]) =>
    (await t.core.photos.list(user, { offset: 0, limit: 10 })).photos.map(({ path }) => path).sort()

  test('a user of the name of a folder gets nothing of it', async () => {
    const family = await makeUser(t, { username: 'family' })
    const { files, skipped } = await t.core.photos.scan()
    assert.equal(files, 0)
    assert.deepEqual(skipped, [{ path: 'family', reason: 'no-owner' }])
    assert.deepEqual(await listOf(family), [])
  })

  test('what is indexed follows at once when a folder is shown, hidden, given to another, or taken back', async () => {
    const [ann, ben] = [await makeUser(t, { username: 'ann' }), await makeUser(t, { username: 'ben' })]
    await t.core.photos.assign('family', ann, false)
    await t.core.photos.scan()
    assert.deepEqual(await listOf(ann), ['family/1.jpg', 'family/shown/2.jpg'])
    assert.deepEqual(await listOf(null), [])
    await t.core.photos.assign('family/shown', ann, true)
    assert.deepEqual(await listOf(null), ['family/shown/2.jpg'])
    await t.core.photos.assign('family/shown', ann, false)
    assert.deepEqual(await listOf(null), [])
    await t.core.photos.assign('family/shown', ben, false)
    assert.deepEqual(await listOf(ann), ['family/1.jpg'])
    assert.deepEqual(await listOf(ben), ['family/shown/2.jpg'])
    await t.core.photos.unassign('family')
    assert.deepEqual(await listOf(ann), [])
    assert.deepEqual(await listOf(ben), ['family/shown/2.jpg'])
    const { changed, added, unchanged } = await t.core.photos.scan()
    assert.deepEqual({ changed, added, unchanged }, { changed: 0, added: 0, unchanged: 1 })
    await assert.rejects(t.core.photos.unassign('family'), { code: 'not_found' })
  })

  test('who is given a folder, and from whom it is taken, is in the audit log without its name', async () => {
    const { items } = await t.store.events.list({}, { limit: 50 })
    const kinds = items.filter(({ kind }) => kind.startsWith('photo-folder-'))
    assert.equal(kinds.length, 5)
    assert.ok(kinds.every(({ api, user }) => api === 'cli' && user !== null))
    assert.equal(JSON.stringify(kinds).includes('family'), false)
  })
})
