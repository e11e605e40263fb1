import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPhotos } from '../../src/server/photos.ts'
import { createFakeClock } from '../support/clock.ts'
import { createTestCore } from '../support/core.ts'
import { createLibrary } from '../support/library.ts'
import { silentLog } from '../support/store.ts'

test('a library that leads into the data folder, or around it, by a link is refused', async () => {
  const t = await createTestCore()
  const files = createLibrary()
  const made = { store: t.store, clock: createFakeClock(), log: silentLog }
  mkdirSync(join(files.dataDir, 'inner'))
  symlinkSync(join(files.dataDir, 'inner'), join(files.folder, 'in'))
  symlinkSync('/', join(files.folder, 'around'))
  symlinkSync(files.dataDir, join(files.folder, 'self'))
  try {
    for (const name of ['in', 'around', 'self', 'in/not-there-yet']) {
      const wish = {
        library: join(files.folder, name),
        scanSeconds: null,
        maxPixels: 1,
        decodeSeconds: 1,
        decodeParallel: 1,
      }
      const opening = openPhotos({ config: { photos: wish, dataDir: files.dataDir }, ...made })
      await assert.rejects(opening, { name: 'ConfigError', message: /librephotos\.library.*data folder/ }, name)
    }
    assert.ok((await files.open(made)) !== undefined)
  } finally {
    await t.drop()
    files.drop()
  }
})
