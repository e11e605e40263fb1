import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalEmail, canonicalUsername, identifierForm } from '../../src/crypto/identifiers.ts'
import { uuidv4 } from '../../src/crypto/random.ts'
import { isSingleScript } from '../../src/crypto/scripts.ts'

function keyOf(text: string): string | null {
  const verdict = canonicalUsername(text)
  return verdict.ok ? verdict.key : null
}
function emailOf(text: string): string | null {
  const verdict = canonicalEmail(text)
  return verdict.ok ? verdict.email : null
}

test('spellings of one name have one key, and the name is shown as it was written', () => {
  assert.deepEqual(canonicalUsername('Alice'), { ok: true, display: 'Alice', key: 'alice' })
  for (const same of ['alice', 'ALICE', 'Ａｌｉｃｅ', '𝐚𝐥𝐢𝐜𝐞', 'aliᶜe']) assert.equal(keyOf(same), 'alice', same)
  assert.equal(keyOf('Jose\u0301'), keyOf('josé'))
  assert.equal(keyOf('\u212aim'), 'kim')
  assert.equal(keyOf('ﬁx'), 'fix')
  // J with caron is two characters, j with caron one: lower-casing makes something for NFKC to do
  assert.equal(keyOf('J\u030can'), '\u01f0an')
  assert.equal(keyOf('J\u030can'), keyOf('\u01f0an'))
})

test('names of one script are taken, in many scripts', () => {
  for (const name of [
    ...['alice', 'a', 'a.b-c_d', 'user42', 'o’neil', 'José', 'Zoë', 'алиса', 'Ελένη', 'দীপা', 'नेहा', 'علي', 'דנה'],
    ...['山田太郎', 'やまだタロウ', 'ー一', '김철수', '金철수', '王小明', 'ㄅ王', 'สมชาย', 'ანა', 'Անի', 'ᎠᎡ', 'a🙂'],
  ]) {
    assert.notEqual(keyOf(name), null, name)
  }
})

test('a name of mixed or historic scripts is refused', () => {
  for (const name of [
    'pаypal',
    'аlice',
    'αlpha',
    'alice王',
    '김たろう',
    'ㄅひ',
    '𐌰𐌱𐌲',
    '𓀀',
    'aбв',
    'ꭰlice'.concat('я'),
  ]) {
    assert.equal(keyOf(name), null, name)
  }
  assert.equal(isSingleScript('1234-_.'), true)
  assert.equal(isSingleScript('aя'), false)
})

test('invisible, control, private and broken characters, blanks and lone accents are refused', () => {
  for (const sign of [
    ...['\0', '\n', '\r', '\t', '\x7f', '\x85', ' ', '\u00a0', '\u2003', '\u3000', '\u2028', '\u00ad', '\u200b'],
    ...['\u200d', '\u200e', '\u202e', '\u2060', '\ufeff', '\ufe0f', '\u034f', '\u115f', '\u3164', '\uffa0'],
    ...['\u{e0041}', '\ue000', '\u{f0000}', '\ud800', '\udc00', '\uffff', '\u0378', 'ﷺ'],
  ]) {
    for (const name of [sign, `a${sign}b`, `${sign}ab`, `ab${sign}`]) {
      assert.equal(keyOf(name), null, JSON.stringify(name))
    }
  }
  assert.equal(keyOf('\u0301abc'), null)
  assert.equal(keyOf(`a${'\u0300'.repeat(9)}`), null)
  // the dot of the letter itself becomes a fifth accent in lower case
  assert.equal(keyOf(`\u0130${'\u0300'.repeat(4)}`), null)
})

test('a name can be taken for no other identifier and no part of a header or path', () => {
  for (const name of [
    'a@b',
    '@',
    'a＠b',
    '123',
    '１２３',
    '٤٢',
    '४२',
    uuidv4(),
    uuidv4().toUpperCase(),
    'a:b',
    'a：b',
  ]) {
    assert.equal(keyOf(name), null, name)
  }
  for (const name of ['.', '..', '-', '_', '🙂', 'a/b', '../a', 'a\\b', '／a']) assert.equal(keyOf(name), null, name)
})

test('a name has 1 to 64 characters, counted as people count, as written and as compared', () => {
  assert.equal(keyOf(''), null)
  assert.equal(keyOf('a'.repeat(64))?.length, 64)
  assert.equal(keyOf('a'.repeat(65)), null)
  assert.notEqual(keyOf('𝐚'.repeat(64)), null)
  assert.equal(keyOf('ﬃ'.repeat(22)), null)
  assert.equal(keyOf('a'.repeat(1_000_000)), null)
  // each of these becomes two characters in lower case
  assert.equal(keyOf('İ'.repeat(40)), null)
  // and these become one
  assert.equal(keyOf('J\u030c'.repeat(40)), null)
})

test('canonical names are fixed points that are user names by their form', () => {
  const scripts = fc.constantFrom('latin', 'wide', 'greek', 'kana')
  const ranges = {
    latin: [0x41, 0x24f],
    wide: [0xff21, 0xff5a],
    greek: [0x386, 0x3ff],
    kana: [0xff66, 0xff9d],
  } as const
  const likely = scripts.chain((script) => {
    const [min, max] = ranges[script]
    return fc
      .array(fc.integer({ min, max }), { minLength: 1, maxLength: 20 })
      .map((points) => String.fromCodePoint(...points))
  })
  let taken = 0
  fc.assert(
    fc.property(fc.oneof(likely, fc.string({ unit: 'binary' }), fc.string()), (text) => {
      const verdict = canonicalUsername(text)
      if (!verdict.ok) {
        assert.match(verdict.message, /^A user name [a-zA-Z0-9 ,@]+\.$/)
        return
      }
      taken += 1
      const { display, key } = verdict
      assert.deepEqual(canonicalUsername(key), { ok: true, display: key, key })
      assert.deepEqual(canonicalUsername(display), verdict)
      assert.equal(identifierForm(text), 'username')
      assert.equal(identifierForm(key), 'username')
      assert.equal(key, key.toLowerCase().normalize('NFKC'))
    }),
    { numRuns: 2000 },
  )
  assert.ok(taken > 100)
})

test('spellings of one address have one form', () => {
  for (const same of ['alice@example.com', ' Alice@EXAMPLE.com ', 'ALICE@example。com', 'alice@ｅxample.com']) {
    assert.equal(emailOf(same), 'alice@example.com', same)
  }
  assert.equal(emailOf('a@MÜNCHEN.de'), 'a@xn--mnchen-3ya.de')
  assert.equal(emailOf('a@xn--mnchen-3ya.de'), 'a@xn--mnchen-3ya.de')
  assert.equal(emailOf('root@localhost'), 'root@localhost')
  assert.equal(emailOf("o'neil+news@mail.example.co.uk"), "o'neil+news@mail.example.co.uk")
})

test('what is no single plain mailbox is refused', () => {
  for (const text of [
    ...['', '@', 'a', 'a@', '@b.c', 'a@b', 'a@@b.c', 'a@b@c.d', 'a b@c.d', 'a@b c.d', 'a@b..c', 'a@.b.c', 'a@b.c.'],
    ...[
      '.a@b.c',
      'a.@b.c',
      'a..b@c.d',
      '"a"@b.c',
      'a,b@c.d',
      'a@b.c,d@e.f',
      'A <a@b.c>',
      'a@b.c>',
      '<a@b.c',
      'a;b@c.d',
    ],
    ...['é@b.c', 'ａ@b.c', 'a@1.2.3.4', 'a@0x7f.1', 'a@127.1', 'a@[1.2.3.4]', 'a@[::1]', 'a@b.123', 'a@-b.c', 'a@b-.c'],
    ...[
      'a@b_c.d',
      'a@%65xample.com',
      'a@b.c/d',
      'a@b.c?d',
      'a@b.c#d',
      'a@b.c:25',
      'a@ex\u00adample.com',
      'a@b\u200d.c',
    ],
  ]) {
    assert.equal(emailOf(text), null, JSON.stringify(text))
  }
})

test('CR, LF, NUL and other control characters are refused wherever they stand', () => {
  for (const sign of ['\r', '\n', '\r\n', '\0', '\t', '\x7f', '\x85']) {
    for (const text of [`a${sign}@b.c`, `a@b.c${sign}`, `${sign}a@b.c`, `a@b${sign}.c`, `a@b.c${sign}Bcc: d@e.f`]) {
      assert.equal(emailOf(text), null, JSON.stringify(text))
    }
  }
})

test('an address has at most 254 characters, its local part 64, a label 63', () => {
  const domain = `${'d'.repeat(63)}.${'e'.repeat(63)}.${'f'.repeat(57)}.com`
  assert.equal(emailOf(`${'a'.repeat(64)}@${domain}`)?.length, 254)
  assert.equal(emailOf(`${'a'.repeat(64)}@g${domain.slice(1)}g`), null)
  assert.equal(emailOf(`${'a'.repeat(65)}@b.c`), null)
  assert.equal(emailOf(`a@${'d'.repeat(64)}.com`), null)
  assert.equal(emailOf(`${'a'.repeat(1_000_000)}@b.c`), null)
})

test('canonical addresses are plain ASCII fixed points, and any text is answered', () => {
  const near = fc
    .tuple(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 8 }))
    .map(([a, b]) => `${a}@${b}.c`)
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), near, fc.string({ unit: 'binary' })), (text) => {
      const email = emailOf(text)
      if (email === null) return
      assert.match(email, /^[\x21-\x7e]+@[a-z0-9.-]+$/)
      assert.equal(email, email.toLowerCase())
      assert.equal(emailOf(email), email)
      assert.equal(identifierForm(email), 'email')
    }),
    { numRuns: 1000 },
  )
})

test('the form of an identifier picks exactly one look-up', () => {
  assert.equal(identifierForm('alice@example.com'), 'email')
  assert.equal(identifierForm('@'), 'email')
  assert.equal(identifierForm(uuidv4()), 'uuid')
  assert.equal(identifierForm(uuidv4().toUpperCase()), 'uuid')
  assert.equal(identifierForm('42'), 'digits')
  for (const text of ['', 'alice', '42a', ' 42', '42\n', '-42', '4.2', '４２'])
    assert.equal(identifierForm(text), 'username', text)
})
