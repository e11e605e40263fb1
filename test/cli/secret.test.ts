import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createPlace, type TestPlace } from './command.ts'

const old = { CARDEA_SECRET: 'correct horse battery staple 1234567' }
const next = { CARDEA_SECRET: 'violet anchor lantern zebra 7654321' }
const both = { ...next, CARDEA_PREVIOUS_SECRETS: old.CARDEA_SECRET }

async function newPlace(t: TestContext): Promise<TestPlace> {
  const place = await createPlace()
  t.after(() => place.drop())
  return place
}

async function examine(place: TestPlace, environment: Record<string, string>) {
  const { code, stdout } = await place.run(['doctor', '--json'], '', environment)
  const { checks }: { checks: { name: string; state: string; message: string }[] } = JSON.parse(stdout)
  return {
    code,
    said: checks.filter(({ name }) => name === 'secret').map(({ state, message }) => `${state}: ${message}`),
  }
}

test('no server and no command starts with a secret that is not the one of this database, and each says what to do', async (t) => {
  const place = await newPlace(t)
  // No signing key was made yet: the audit log alone knows.
  assert.equal((await place.run(['user', 'create', 'alice', '--no-password'], '', old)).code, 0)
  for (const args of [
    ['serve', '--port', '0'],
    ['user', 'list'],
    ['key', 'create', 'alice', '--name', 'one'],
  ]) {
    const { code, stdout, stderr } = await place.run(args, '', next)
    assert.equal(code, 1, args.join(' '))
    assert.doesNotMatch(stdout, /listening/)
    const [last = ''] = stderr.trimEnd().split('\n').slice(-1)
    assert.match(
      last,
      /^cardea: .*not the one that this database was used with\. Put the former secret back .*CARDEA_PREVIOUS_SECRETS/,
    )
    assert.doesNotMatch(stderr, /violet|correct horse/)
  }
  const { code, said } = await examine(place, next)
  assert.equal(code, 1)
  assert.match(said.join(), /^wrong: .* does not fit: .*CARDEA_PREVIOUS_SECRETS/)
  assert.equal((await place.run(['user', 'list'], '', old)).code, 0)
})

test('after a change of the secret the doctor tells what still hangs on the earlier one, until nothing does', async (t) => {
  const place = await newPlace(t)
  await place.run(['user', 'create', 'alice', '--no-password'], '', old)
  await place.run(['token', 'create', 'alice', '--name', 'one'], '', old)
  const { stdout } = await place.run(['key', 'create', 'alice', '--name', 'one', '--json'], '', old)
  const { id } = JSON.parse(stdout)
  assert.deepEqual((await examine(place, old)).said.length, 1)

  const beside = await examine(place, both)
  assert.equal(beside.code, 0)
  assert.deepEqual(
    beside.said.slice(1).map((line) => line.replace(/\d+/, 'n')),
    [
      'note: n signing key(s) are sealed under an earlier secret: npx --no cardea signing-key re-wrap',
      'note: n API key(s) were made under an earlier secret: rotate each, or keep that secret',
      'note: n audit event(s) are chained under an earlier secret: they can be verified as long as it is there',
    ],
  )
  assert.equal((await place.run(['signing-key', 're-wrap'], '', both)).code, 0)
  assert.equal((await place.run(['key', 'revoke', id], '', both)).code, 0)
  const wrapped = await examine(place, both)
  assert.deepEqual([wrapped.said.length, wrapped.said[1]?.includes('audit event')], [2, true])

  const without = await examine(place, next)
  assert.equal(without.code, 0)
  assert.match(without.said[1] ?? '', /^note: \d+ audit event\(s\) .* cannot be verified/)
  // Where nothing at all is left, the earlier secret is called superfluous.
  const fresh = await newPlace(t)
  await fresh.run(['user', 'create', 'alice', '--no-password'], '', next)
  assert.match(
    (await examine(fresh, both)).said[1] ?? '',
    /^note: nothing that can be counted depends on an earlier secret/,
  )
})
