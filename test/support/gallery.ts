import assert from 'node:assert/strict'
import type { LibrephotosSettings } from '../../src/apis/librephotos/settings.ts'
import type { PhotoSettings } from '../../src/config/photos.ts'
import type { User } from '../../src/types.ts'
import { makeUser } from './callers.ts'
import { createLibrary, fill, type TestLibrary } from './library.ts'
import { obtain, startPhotos } from './librephotos.ts'
import type { TestServer } from './server.ts'

/** What pictures are asked for in. */
export const mediaFolders = ['photos', 'square_thumbnails', 'square_thumbnails_small', 'thumbnails_big'] as const

export interface Gallery {
  readonly server: TestServer
  readonly library: TestLibrary
  readonly alice: User
  readonly bob: User
  /** Access tokens of the LibrePhotos door, by user name; `root` is an administrator. */
  readonly tokens: Readonly<Record<'alice' | 'bob' | 'root', string>>
  /** The hash of what is indexed at a path. */
  hashOf(path: string): Promise<string>
  close(): Promise<void>
}

export interface GalleryWish {
  readonly door?: Partial<LibrephotosSettings>
  readonly photos?: Partial<PhotoSettings>
}

/** The LibrePhotos door over the drawn library: `alice`'s with `alice/shown` public, `bob`'s private. */
export async function openGallery({ door, photos }: GalleryWish = {}): Promise<Gallery> {
  const library = createLibrary(photos)
  await fill(library)
  const server = await startPhotos(door, { photos: library.open })
  const [alice, bob] = [await makeUser(server, 'alice'), await makeUser(server, 'bob')]
  await server.core.photos.assign('alice', alice, false)
  await server.core.photos.assign('alice/shown', alice, true)
  await server.core.photos.assign('bob', bob, false)
  await server.core.photos.scan()
  const tokenOf = async (name: string) => (await obtain(server, name)).access
  return {
    server,
    library,
    alice,
    bob,
    tokens: { alice: await tokenOf('alice'), bob: await tokenOf('bob'), root: await tokenOf('root') },
    async hashOf(path) {
      const [row] = await server.store.photos.atPaths([path])
      return row?.hash ?? assert.fail(`${path} is not indexed`)
    },
    async close() {
      await server.close()
      library.drop()
    },
  }
}

/** The same for one test, closed also when it fails. */
export async function withGallery(wish: GalleryWish, run: (gallery: Gallery) => Promise<void>): Promise<void> {
  const gallery = await openGallery(wish)
  try {
    await run(gallery)
  } finally {
    await gallery.close()
  }
}
