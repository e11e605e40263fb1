import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { examineLibrary } from '../../src/server/doctor-library.ts'
import { createLibrary } from '../support/library.ts'

test('the doctor looks at the library where one is named: there, readable, apart from the data folder', async () => {
  const files = createLibrary()
  const ask = async (library: string | null) => {
    const photos = { library, scanSeconds: null, maxPixels: 1, decodeSeconds: 1, decodeParallel: 1 }
    return (await examineLibrary({ photos, dataDir: files.dataDir })).map(
      ({ state, message }) => `${state}: ${message}`,
    )
  }
  files.put('1.jpg', 'x')
  symlinkSync(files.dataDir, join(files.folder, 'data'))
  assert.deepEqual(await ask(null), [])
  assert.deepEqual(await ask(files.folder), [`good: ${files.folder} has 2 entries`])
  assert.match((await ask(join(files.folder, 'none'))).join(), /^wrong: .*cannot be read \(ENOENT\)/)
  assert.match((await ask(join(files.folder, 'data'))).join(), /^wrong: .*into the data folder/)
  files.drop()
})
