import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { type LoadWish, loadConfig } from '../../src/config/load.ts'
import { defaultRoles } from '../../src/core/roles.ts'

const long = 'a-key-of-the-configuration-0123456789'
const load = (wish: Omit<LoadWish, 'builtInRoles'> = {}) =>
  loadConfig({ environment: {}, folder: '/', settings: {}, builtInRoles: defaultRoles, ...wish })
const wrong = async (settings: object, environment: Record<string, string> = {}): Promise<string> => {
  const error = await load({ settings: settings as LoadWish['settings'] & object, environment }).then(
    () => assert.fail('was taken'),
    (thrown) => thrown,
  )
  assert.ok(error instanceof ConfigError)
  return error.problems.map(({ setting, message }) => `${setting} ${message}`).join('\n')
}
const apiKeys = (value: unknown) => ({ apostrophe: { apiKeys: value } })

test('keys by role become static keys of this door, named by their place or as it is said', async () => {
  const settings = apiKeys({ myapikey1029384756: { role: 'admin' }, [long]: { role: 'guest', name: 'shop' } })
  const { core, doors } = await load({ settings: settings as LoadWish['settings'] & object })
  assert.deepEqual(core.staticKeys, [
    { name: 'apostrophe-1', key: 'myapikey1029384756', role: 'admin', api: 'apostrophe' },
    { name: 'shop', key: long, role: 'guest', api: 'apostrophe' },
  ])
  assert.ok(!JSON.stringify(doors).includes('myapikey'))
  const CARDEA_APOSTROPHE_API_KEYS = JSON.stringify({ [long]: { role: 'editor' } })
  assert.equal((await load({ environment: { CARDEA_APOSTROPHE_API_KEYS } })).core.staticKeys[0]?.role, 'editor')
})

test('what is wrong with a key stops the start, and no message or list shows a key', async () => {
  const bad: readonly unknown[] = [
    [],
    'text',
    { [long]: 'admin' },
    { [long]: { role: 'user' } },
    { [long]: { role: 'owner' } },
    { [long]: {} },
    { [long]: { role: 'admin', more: 1 } },
    { [long]: { role: 'admin', name: 'NOT A NAME' } },
    { short: { role: 'admin' } },
    { 'with blanks in it, which no key has': { role: 'admin' } },
    { [`cardea_${long}`]: { role: 'admin' } },
    { '0b9fd0c1-6d4c-4ad5-9f0a-3d1b6a3a7f10': { role: 'admin' } },
    { [long]: { role: 'admin', name: 'x' }, [`${long}2`]: { role: 'admin', name: 'x' } },
  ]
  for (const value of bad) {
    const text = await wrong(apiKeys(value))
    assert.match(text, /^apostrophe\.apiKeys /, JSON.stringify(value))
    assert.ok(!text.includes(long) && !text.includes('0b9fd0c1'), text)
  }
  const staticKeys = [{ name: 'apostrophe-1', key: `${long}x`, role: 'admin', api: 'native' }]
  assert.match(
    await wrong({ staticKeys, ...apiKeys({ [long]: { role: 'admin' } }) }),
    /has the name of one of staticKeys/,
  )
  const same = [{ name: 'other', key: long, role: 'admin', api: 'native' }]
  assert.match(
    await wrong({ staticKeys: same, ...apiKeys({ [long]: { role: 'admin' } }) }),
    /stands in staticKeys as well/,
  )
  const described = describeConfig(await load({ settings: apiKeys({ [long]: { role: 'admin' } }) as object }))
  assert.ok(!JSON.stringify(described).includes(long))
})

test('short keys are allowed in development and refused in strict mode', async () => {
  const settings = apiKeys({ myapikey1029384756: { role: 'admin' } })
  assert.equal((await load({ settings: settings as object })).core.staticKeys.length, 1)
  const text = await wrong(settings, { CARDEA_STRICT: 'on', CARDEA_ALLOW_INSECURE: 'true', CARDEA_OUTBOX: 'true' })
  assert.match(text, /apostrophe\.apiKeys the key apostrophe-1 must have 32 characters or more/)
  assert.ok(!text.includes('myapikey'))
})

test('the short name fits into the name of a cookie', async () => {
  assert.equal((await load()).doors.apostrophe.shortName, 'cardea')
  for (const shortName of ['', 'a b', 'a;b', 'a=b', '-a', 'ä', 'a.b', 'x'.repeat(65)])
    assert.match(await wrong({ apostrophe: { shortName } }), /^apostrophe\.shortName /, shortName)
})
