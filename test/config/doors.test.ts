import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, describeConfig, relaxations } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { doorNames } from '../../src/config/doors.ts'
import { type LoadWish, loadConfig } from '../../src/config/load.ts'

const load = (wish: Omit<LoadWish, 'builtInRoles'> = {}): Promise<Config> =>
  loadConfig({ environment: {}, folder: '/', settings: {}, builtInRoles: { user: [], admin: [] }, ...wish })

const wrong = (settings: LoadWish['settings'] & object) =>
  load({ settings }).then(
    () => assert.fail('was taken'),
    (error) => {
      assert.ok(error instanceof ConfigError)
      return error.problems.map(({ setting, message }) => `${setting} ${message}`).join()
    },
  )

test('every door is on at a server of its own, and off inside another program unless it is switched on', async () => {
  for (const name of doorNames) {
    assert.equal((await load()).doors[name].enabled, true)
    assert.equal((await load({ embedded: true })).doors[name].enabled, false)
    assert.equal((await load({ embedded: true, settings: { [name]: { enabled: true } } })).doors[name].enabled, true)
    assert.equal((await load({ settings: { [name]: { enabled: false } } })).doors[name].enabled, false)
    const shown = describeConfig(await load({ embedded: true })).find(({ setting }) => setting === `${name}.enabled`)
    assert.equal(shown?.value, false)
  }
})

test('a door stands at the root or below a plain path that is not one of the native API', async () => {
  for (const name of doorNames) {
    assert.equal((await load()).doors[name].prefix, '')
    assert.equal((await load({ settings: { [name]: { prefix: '/sewing/v3' } } })).doors[name].prefix, '/sewing/v3')
    for (const prefix of ['sewing', '/', '/a/', '/A', '/a//b', '/:id', '/*', '/..', '/a?b', '/%61', ' ']) {
      assert.match(await wrong({ [name]: { prefix } }), /must be a path/, prefix)
    }
    for (const prefix of ['/auth', '/auth/x', '/api/sewing', '/oauth', '/metrics']) {
      assert.match(await wrong({ [name]: { prefix } }), /must not begin with/, prefix)
    }
    assert.equal((await load({ settings: { [name]: { prefix: '/authors' } } })).doors[name].prefix, '/authors')
  }
})

test('pages that may call a door are all of them or a list of origins, nothing between', async () => {
  const origins = async (environment: Record<string, string>) =>
    (await load({ environment })).doors.freesewing.corsOrigins
  assert.equal(await origins({}), '*')
  assert.equal(await origins({ CARDEA_FREESEWING_CORS_ORIGINS: '*' }), '*')
  assert.deepEqual(await origins({ CARDEA_FREESEWING_CORS_ORIGINS: 'https://a.example, https://b.example/' }), [
    'https://a.example',
    'https://b.example',
  ])
  assert.match(await wrong({ freesewing: { corsOrigins: ['*'] } }), /item 1 must be/)
  assert.match(await wrong({ freesewing: { corsOrigins: ['https://a.example/path'] } }), /item 1 must be/)
})

test('links of a door lead to its site where there is one, else to the public URL of then', async () => {
  assert.equal((await load()).doors.freesewing.siteUrl, null)
  const { doors } = await load({ settings: { freesewing: { siteUrl: 'https://sewing.example/' } } })
  assert.equal(doors.freesewing.siteUrl, 'https://sewing.example')
})

test('what a door gives away beyond the default is listed among the relaxations', async () => {
  const environment = {
    CARDEA_PUBLIC_URL: 'https://auth.example.com',
    CARDEA_SMTP_URL: 'smtps://u:p@mail.example.com',
    CARDEA_TRUSTED_PROXIES: '127.0.0.1',
  }
  const freesewing = { revealUnknown: true, keysChangeCredentials: true, keyMaxSeconds: 400 * 86_400 }
  assert.deepEqual(relaxations(await load({ environment })), [])
  assert.deepEqual(
    relaxations(await load({ environment, settings: { freesewing } })).map((sentence) => sentence.split(':', 1)[0]),
    ['freesewing.revealUnknown', 'freesewing.keysChangeCredentials', 'freesewing.keyMaxSeconds'],
  )
})

test('the first sign-up is opened on loopback only, and a cookie for other sites on https only', async () => {
  assert.equal((await load()).doors.librephotos.openFirstSetup, false)
  const open = { librephotos: { openFirstSetup: true } }
  assert.equal((await load({ settings: open })).doors.librephotos.openFirstSetup, true)
  assert.match(
    await wrong({ ...open, host: '0.0.0.0', publicUrl: 'http://127.0.0.1:4000', strict: 'off' }),
    /librephotos\.openFirstSetup/,
  )
  assert.match(await wrong({ ...open, strict: 'on' }), /librephotos\.openFirstSetup/)
  const crossSite = { librephotos: { cookie: 'cross-site' as const } }
  assert.match(await wrong(crossSite), /librephotos\.cookie/)
  const publicUrl = 'https://auth.example.com'
  const environment = { CARDEA_SMTP_URL: 'smtps://u:p@mail.example.com', CARDEA_TRUSTED_PROXIES: '127.0.0.1' }
  const config = await load({ environment, settings: { ...crossSite, publicUrl } })
  assert.equal(config.doors.librephotos.cookie, 'cross-site')
  const original = await load({ environment, settings: { librephotos: { cookie: 'original' }, publicUrl } })
  assert.deepEqual(
    relaxations(original).map((sentence) => sentence.split(':', 1)[0]),
    ['librephotos.cookie'],
  )
})
