import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { type LoadWish, loadConfig } from '../../src/config/load.ts'
import { overlap } from '../../src/config/photos.ts'

const load = (settings: LoadWish['settings'] & object) =>
  loadConfig({ environment: {}, folder: '/srv/cardea', settings, builtInRoles: { user: [], admin: [] } })

test('without a library there is none, and none is scanned', async () => {
  const { photos, doors } = await load({})
  assert.equal(photos.library, null)
  assert.equal(photos.scanSeconds, null)
  assert.equal(doors.librephotos.accelRedirect, false)
})

test('a library is named from the folder of the configuration, or from the root', async () => {
  assert.equal((await load({ librephotos: { library: 'pictures' } })).photos.library, '/srv/cardea/pictures')
  assert.equal((await load({ librephotos: { library: '/srv/pictures/' } })).photos.library, '/srv/pictures')
  assert.equal((await load({ librephotos: { library: '/x', scanSeconds: 60 } })).photos.scanSeconds, 60)
})

test('a library that is the data folder, in it or around it is refused by name', async () => {
  for (const library of ['data', './data/', 'data/pictures', '.', '..', '/', '/srv/cardea', 'x/../data']) {
    await assert.rejects(load({ librephotos: { library } }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(
        error.message,
        /^librephotos\.library .*must be neither the data folder nor in it nor around it$/,
        library,
      )
      return true
    })
  }
  await load({ librephotos: { library: 'data-of-another-kind' } })
})

test('folders overlap when one is the other or holds it, not when their names begin alike', () => {
  assert.equal(overlap('/a', '/a'), true)
  assert.equal(overlap('/a/b', '/a'), true)
  assert.equal(overlap('/', '/a'), true)
  assert.equal(overlap('/a', '/ab'), false)
})
