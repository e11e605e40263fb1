import assert from 'node:assert/strict'
import type { NewPhoto, Photo } from '../../src/core/records.ts'
import { addUser, guarantee, sideBySide, start, tally } from './contract.ts'

const digest = (letter: string) => letter.repeat(32)

function newPhoto(userId: number, path: string, patch: Partial<NewPhoto> = {}): NewPhoto {
  return {
    userId,
    hash: `${digest('a')}${userId}`,
    path,
    size: 1000,
    modifiedAt: start,
    type: 'image/jpeg',
    width: 640,
    height: 480,
    takenAt: null,
    public: false,
    addedAt: start,
    ...patch,
  }
}

const pathsOf = (photos: readonly Pick<Photo, 'path'>[]) => photos.map(({ path }) => path)
const all = { offset: 0, limit: 100 }

guarantee('lists hold the user’s own, newest first, and pages of them do not overlap', async ({ store }) => {
  const [user, other] = [await addUser(store), await addUser(store)]
  const photos = Array.from({ length: 7 }, (_, index) =>
    newPhoto(user.id, `u/${index}.jpg`, { hash: `${digest(String(index))}${user.id}`, takenAt: start + index }),
  )
  await store.photos.save([...photos, newPhoto(other.id, 'o/1.jpg')])
  assert.equal(await store.photos.count(user.id), 7)
  assert.deepEqual(pathsOf(await store.photos.list(user.id, { offset: 0, limit: 3 })), [
    'u/6.jpg',
    'u/5.jpg',
    'u/4.jpg',
  ])
  assert.deepEqual(pathsOf(await store.photos.list(user.id, { offset: 6, limit: 3 })), ['u/0.jpg'])
  assert.deepEqual(pathsOf(await store.photos.list(user.id, { offset: 7, limit: 3 })), [])
  assert.deepEqual(pathsOf(await store.photos.list(other.id, all)), ['o/1.jpg'])
})

guarantee('a photo without a date stands where its file was changed', async ({ store }) => {
  const user = await addUser(store)
  const named = (letter: string) => ({ hash: `${digest(letter)}${user.id}` })
  await store.photos.save([
    newPhoto(user.id, 'old.jpg', { ...named('1'), takenAt: start - 10, modifiedAt: start + 50 }),
    newPhoto(user.id, 'undated.jpg', { ...named('2'), modifiedAt: start }),
    newPhoto(user.id, 'new.jpg', { ...named('3'), takenAt: start + 10 }),
  ])
  assert.deepEqual(pathsOf(await store.photos.list(user.id, all)), ['new.jpg', 'undated.jpg', 'old.jpg'])
})

guarantee('public lists hold what is public, of active users only', async ({ store }) => {
  const [user, blocked] = [await addUser(store), await addUser(store)]
  await store.photos.save([
    newPhoto(user.id, 'u/1.jpg', { public: true }),
    newPhoto(user.id, 'u/2.jpg', { hash: `${digest('b')}${user.id}` }),
    newPhoto(blocked.id, 'b/1.jpg', { public: true }),
  ])
  await store.users.update(blocked.id, { status: 'blocked' }, start)
  assert.deepEqual(pathsOf(await store.photos.list(null, all)), ['u/1.jpg'])
  assert.equal(await store.photos.count(null), 1)
})

guarantee(
  'the same picture in several places is one photo, and another place stands in when one goes',
  async ({ store }) => {
    const user = await addUser(store)
    const name = { userId: user.id, hash: `${digest('a')}${user.id}` }
    const places = ['1.jpg', '2.jpg', '3.jpg'].map((path) => newPhoto(user.id, path))
    assert.deepEqual(await store.photos.save(places), [])
    assert.deepEqual(pathsOf(await store.photos.list(user.id, all)), ['1.jpg'])
    assert.equal(await store.photos.count(user.id), 1)
    assert.deepEqual(await store.photos.remove(['1.jpg']), [], 'the photo is still there')
    assert.equal((await store.photos.byHash(name.hash))?.path, '2.jpg')
    await store.photos.save([newPhoto(user.id, '3.jpg', { public: true })])
    assert.equal((await store.photos.byHash(name.hash))?.path, '3.jpg', 'a public place comes first')
    assert.deepEqual(await store.photos.remove(['2.jpg', '3.jpg', 'never.jpg']), [name])
    assert.equal(await store.photos.byHash(name.hash), null)
  },
)

guarantee('a file that changed is another photo, and the old one is named as gone', async ({ store }) => {
  const user = await addUser(store)
  await store.photos.save([newPhoto(user.id, '1.jpg')])
  const before = await store.photos.byHash(`${digest('a')}${user.id}`)
  const changed = newPhoto(user.id, '1.jpg', { hash: `${digest('b')}${user.id}`, size: 7, addedAt: start + 5 })
  assert.deepEqual(await store.photos.save([changed]), [{ userId: user.id, hash: `${digest('a')}${user.id}` }])
  const after = await store.photos.byHash(changed.hash)
  assert.equal(after?.id, before?.id)
  assert.equal(after?.size, 7)
  assert.equal(after?.addedAt, start, 'when it was first seen stays')
  assert.equal(await store.photos.count(user.id), 1)
})

guarantee('what is indexed is found by path and walked in pages', async ({ store }) => {
  const user = await addUser(store)
  const paths = ['a/1.jpg', 'a/2.jpg', 'b.jpg', 'B.jpg', 'ä.jpg']
  await store.photos.save(paths.map((path, index) => newPhoto(user.id, path, { hash: `${digest(String(index))}1` })))
  assert.deepEqual(pathsOf(await store.photos.atPaths(['b.jpg', 'nowhere.jpg'])), ['b.jpg'])
  const walked: string[] = []
  for (let last: string | null = null; ; ) {
    const page = pathsOf(await store.photos.after(last, 2))
    if (page.length === 0) break
    walked.push(...page)
    last = page.at(-1) ?? null
  }
  assert.deepEqual(walked.toSorted(), paths.toSorted())
  assert.deepEqual(await store.photos.known([`${digest('0')}1`, 'nothing']), [`${digest('0')}1`])
})

guarantee('photos and folders go with their user, and nothing is indexed for one who is gone', async ({ store }) => {
  const [user, other] = [await addUser(store), await addUser(store)]
  await store.photos.save([newPhoto(user.id, 'u.jpg', { public: true }), newPhoto(other.id, 'o.jpg')])
  await store.photos.assign({ path: 'u', userId: user.id, public: false })
  await store.users.remove(user.id, [], start)
  assert.equal(await store.photos.byHash(`${digest('a')}${user.id}`), null)
  assert.deepEqual(await store.photos.folders(), [])
  assert.deepEqual(await store.photos.list(null, all), [])
  assert.equal(await store.photos.count(other.id), 1)
  assert.deepEqual(await store.photos.save([newPhoto(user.id, 'late.jpg')]), [])
  assert.deepEqual(await store.photos.atPaths(['late.jpg']), [])
  assert.equal(await store.photos.assign({ path: 'u', userId: user.id, public: false }), 'gone')
})

guarantee('a folder is one user’s at a time', async ({ store }) => {
  const [user, other] = [await addUser(store), await addUser(store)]
  await store.photos.assign({ path: 'x', userId: user.id, public: true })
  await store.photos.assign({ path: '', userId: user.id, public: false })
  assert.equal(await store.photos.assign({ path: 'x', userId: other.id, public: false }), 'assigned')
  assert.deepEqual(await store.photos.folders(), [
    { path: '', userId: user.id, public: false, username: user.username },
    { path: 'x', userId: other.id, public: false, username: other.username },
  ])
  assert.deepEqual(await store.photos.unassign('x'), { path: 'x', userId: other.id, public: false })
  assert.equal(await store.photos.unassign('x'), null)
})

guarantee('scans side by side end with one row for each file and one photo for each picture', async ({ store }) => {
  const user = await addUser(store)
  const photos = Array.from({ length: 20 }, (_, index) =>
    newPhoto(user.id, `${index}.jpg`, { hash: `${digest(String(index % 5))}${user.id}` }),
  )
  const answers = await sideBySide((index) => store.photos.save(index % 2 === 0 ? photos : photos.toReversed()), 12)
  assert.equal(
    tally(
      answers.map((left) => left.length),
      0,
    ),
    12,
  )
  assert.equal((await store.photos.after(null, 100)).length, 20)
  assert.equal(await store.photos.count(user.id), 5)
})

guarantee(
  'photos are searched by where they lie, letter case aside, and counted by user and in public',
  async ({ store }) => {
    const [user, other, none] = [await addUser(store), await addUser(store), await addUser(store)]
    const named = (letter: string, id = user.id) => ({ hash: `${digest(letter)}${id}` })
    await store.photos.save([
      newPhoto(user.id, 'u/2023/Hill.jpg', { ...named('1'), public: true }),
      newPhoto(user.id, 'u/100%.jpg', named('2')),
      newPhoto(user.id, 'u/again.jpg', named('2')),
      newPhoto(other.id, 'o/hill.jpg', named('3', other.id)),
    ])
    const found = async (search: string) => pathsOf(await store.photos.list(user.id, { ...all, search }))
    assert.deepEqual(await found('HILL'), ['u/2023/Hill.jpg'])
    assert.deepEqual(await found('%'), ['u/100%.jpg'], 'nothing is a wildcard')
    assert.deepEqual(await found('_'), [])
    assert.equal(await store.photos.count(user.id, 'hill'), 1)
    const counts = await store.photos.counts([user.id, other.id, none.id])
    assert.deepEqual(Object.fromEntries(counts), {
      [user.id]: { all: 2, public: 1 },
      [other.id]: { all: 1, public: 0 },
    })
  },
)
