import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash as argon2Hash } from '@node-rs/argon2'
import fc from 'fast-check'
import { createPasswords } from '../../src/crypto/password.ts'
import { passwordFormats, readArgon2 } from '../../src/crypto/password-formats.ts'
import { CardeaError } from '../../src/errors.ts'

const cheap = { memoryKib: 64, passes: 1, lanes: 1, parallel: 2, queue: 100 }
const passwords = createPasswords(cheap)
const code = (wanted: string) => (error: unknown) => error instanceof CardeaError && error.code === wanted

test('a password verifies against its own hash only, byte for byte', async () => {
  const stored = await passwords.hash('correct horse')
  assert.match(stored, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(stored, await passwords.hash('correct horse'))
  assert.deepEqual(await passwords.verify(stored, 'correct horse'), { ok: true, outdated: false })
  for (const wrong of ['', 'correct hors', 'correct horse ', ' correct horse', 'Correct horse', 'correct\u00a0horse']) {
    assert.deepEqual(await passwords.verify(stored, wrong), { ok: false, outdated: false })
  }
})

test('no stored text and unusable stored texts match no password', async () => {
  const stored = await passwords.hash('secret pass')
  const unusable = [
    null,
    '',
    '!',
    'secret pass',
    '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    stored.replace('v=19', 'v=16'),
    stored.replace('argon2id', 'argon2i'),
    `${stored}$`,
    ` ${stored}`,
    stored.slice(0, -1),
    stored.replace('m=64', 'm=064'),
    stored.replace('p=1', 'p=0'),
  ]
  for (const text of unusable) {
    assert.deepEqual(await passwords.verify(text, 'secret pass'), { ok: false, outdated: false }, String(text))
    assert.deepEqual(await passwords.verify(text, text ?? ''), { ok: false, outdated: false }, String(text))
  }
})

test('an unknown user costs as much as a wrong password, from the first look-up on', async () => {
  const costly = createPasswords({ memoryKib: 8 * 1024, passes: 3, lanes: 1, parallel: 1, queue: 0 })
  const stored = await costly.hash('x')
  // The fastest of many, taken in turns: what else the machine does meanwhile hits all three alike.
  const fastest = new Map<string | null, number>()
  for (let turn = 0; turn < 8; turn += 1) {
    for (const text of [null, 'no format', stored]) {
      const before = performance.now()
      await costly.verify(text, 'wrong')
      fastest.set(text, Math.min(fastest.get(text) ?? Number.POSITIVE_INFINITY, performance.now() - before))
    }
  }
  const [unknown = 0, unusable = 0, wrong = 0] = [null, 'no format', stored].map((text) => fastest.get(text))
  assert.ok(unknown > wrong / 2 && unknown < wrong * 2, `unknown ${unknown}, wrong ${wrong}`)
  assert.ok(unusable > wrong / 2 && unusable < wrong * 2, `unusable ${unusable}, wrong ${wrong}`)
})

test('a right password under other parameters is outdated, a wrong one never', async () => {
  const others = [
    { ...cheap, memoryKib: 128 },
    { ...cheap, passes: 2 },
    { ...cheap, lanes: 2 },
  ]
  for (const options of others) {
    const stored = await createPasswords(options).hash('secret pass')
    assert.deepEqual(await passwords.verify(stored, 'secret pass'), { ok: true, outdated: true })
    assert.deepEqual(await passwords.verify(stored, 'wrong'), { ok: false, outdated: false })
  }
  const short = await argon2Hash('secret pass', { memoryCost: 64, timeCost: 1, parallelism: 1, outputLen: 16 })
  assert.deepEqual(await passwords.verify(short, 'secret pass'), { ok: true, outdated: true })
})

test('a stored text that asks for more than the caps is never computed', async () => {
  const tail = `$${'A'.repeat(22)}$${'A'.repeat(43)}`
  for (const head of ['m=1048577,t=1,p=1', 'm=4294967295,t=1,p=1', 'm=64,t=17,p=1', 'm=1024,t=1,p=17', 'm=8,t=1,p=2']) {
    const stored = `$argon2id$v=19$${head}${tail}`
    assert.equal(readArgon2(stored), null, head)
    assert.ok(!passwordFormats.some((format) => format.recognises(stored)), head)
    const before = performance.now()
    assert.equal((await passwords.verify(stored, 'x')).ok, false)
    assert.ok(performance.now() - before < 500, head)
  }
  const limit = readArgon2(`$argon2id$v=19$m=1048576,t=16,p=16${tail}`)
  assert.deepEqual(limit, { memoryKib: 1048576, passes: 16, lanes: 16, saltBytes: 16, hashBytes: 32 })
})

test('whatever a format recognises it also verifies without failing', async () => {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
  const stored = fc
    .tuple(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 4 }),
      fc.uint8Array({ maxLength: 70 }),
      fc.uint8Array({ maxLength: 70 }),
    )
    .map(([m, t, p, salt, hash]) => `$argon2id$v=19$m=${m},t=${t},p=${p}$${base64(salt)}$${base64(hash)}`)
  await fc.assert(
    fc.asyncProperty(fc.oneof(stored, fc.string({ unit: 'binary' })), fc.string(), async (text, password) => {
      assert.deepEqual(await passwords.verify(text, password), { ok: false, outdated: false })
    }),
    { numRuns: 200 },
  )
})

test('over 1024 bytes nothing is hashed: a huge password costs nothing and takes no place in the pool', async () => {
  const single = createPasswords({ ...cheap, memoryKib: 64 * 1024, passes: 8, parallel: 1, queue: 0 })
  const stored = await passwords.hash('x')
  for (const long of ['a'.repeat(1025), 'é'.repeat(513), 'a'.repeat(1024 * 1024), '\ud800']) {
    const running = single.verify(stored, long)
    assert.equal(single.pending(), 0)
    assert.deepEqual(await running, { ok: false, outdated: false })
    await assert.rejects(single.hash(long), code('password_refused'))
    await assert.rejects(single.hashWithSalt(long, Buffer.alloc(16)), code('request_invalid'))
  }
  const longest = 'é'.repeat(512)
  assert.equal((await passwords.verify(await passwords.hash(longest), longest)).ok, true)
})

test('passwords that differ only in a broken character do not match each other', async () => {
  const stored = await passwords.hash('secret \ufffd')
  assert.equal((await passwords.verify(stored, 'secret \ud800')).ok, false)
})

test('of 50 hashes at once those beyond pool and queue are refused as busy, the others succeed', async () => {
  const small = createPasswords({ ...cheap, parallel: 2, queue: 8 })
  const outcomes = Promise.allSettled(Array.from({ length: 50 }, (_, index) => small.hash(`password ${index}`)))
  assert.equal(small.pending(), 10)
  const settled = await outcomes
  const good = settled.filter((outcome) => outcome.status === 'fulfilled')
  const refused = settled.filter((outcome) => outcome.status === 'rejected')
  assert.equal(good.length, 10)
  assert.equal(refused.length, 40)
  for (const { reason } of refused) {
    assert.ok(code('busy')(reason))
    assert.equal(reason.detail.retryAfter, 1)
  }
  assert.equal(new Set(good.map((outcome) => outcome.value)).size, 10)
  assert.equal(small.pending(), 0)
  assert.ok(await small.hash('and it goes on'))
})

test('a full pool refuses checks and salted codes too, and for unknown users alike', async () => {
  const small = createPasswords({ ...cheap, parallel: 1, queue: 0 })
  const running = small.hash('first')
  await assert.rejects(small.verify(null, 'x'), code('busy'))
  await assert.rejects(small.verifyCode('$argon2id$', 'x'), code('busy'))
  await assert.rejects(small.hashWithSalt('x', Buffer.alloc(16)), code('busy'))
  await running
})

test('a salted code gives one hash for one salt, in hex, and other salts and codes others', async () => {
  const salt = Buffer.alloc(16, 3)
  const first = await passwords.hashWithSalt('abcde-fghjk', salt)
  assert.match(first, /^[0-9a-f]{64}$/)
  assert.equal(await passwords.hashWithSalt('abcde-fghjk', salt), first)
  assert.notEqual(await passwords.hashWithSalt('abcde-fghjm', salt), first)
  assert.notEqual(await passwords.hashWithSalt('abcde-fghjk', Buffer.alloc(16, 4)), first)
  await assert.rejects(passwords.hashWithSalt('abcde-fghjk', Buffer.alloc(15)), TypeError)
})

test('parameters out of range are refused at the start', () => {
  for (const bad of [
    { memoryKib: 7 },
    { memoryKib: 2 ** 21 },
    { passes: 0 },
    { passes: 17 },
    { lanes: 0 },
    { lanes: 17, memoryKib: 1024 },
    { lanes: 16, memoryKib: 64 },
    { parallel: 0 },
    { queue: -1 },
    { queue: 1.5 },
  ]) {
    assert.throws(() => createPasswords({ ...cheap, ...bad }), TypeError, JSON.stringify(bad))
  }
})
