import assert from 'node:assert/strict'
import { createHmac, KeyObject } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { CompactEncrypt, exportSPKI } from 'jose'
import {
  isCompactJws,
  type JwtClaims,
  type JwtExpectation,
  readHeader,
  signJwt,
  verifyJwt,
} from '../../src/crypto/jwt.ts'
import {
  generateSigningKey,
  importSigningKey,
  type SigningAlgorithm,
  type SigningKeyMaterial,
} from '../../src/crypto/key-ring.ts'
import { uuidv4 } from '../../src/crypto/random.ts'
import { formatRefreshToken } from '../../src/crypto/refresh-format.ts'

const now = 1_800_000_000_000
const seconds = now / 1000
const issuer = 'https://cardea.example'

async function newKey(alg: SigningAlgorithm): Promise<SigningKeyMaterial> {
  return importSigningKey(await generateSigningKey(alg))
}
const [es256, eddsa, rs256] = await Promise.all([newKey('ES256'), newKey('EdDSA'), newKey('RS256')])
const keys = [es256, eddsa, rs256]
const strangers = await newKey('ES256')

const claims: JwtClaims = {
  iss: issuer,
  sub: uuidv4(),
  aud: issuer,
  jti: uuidv4(),
  iat: seconds,
  exp: seconds + 3600,
  scope: 'account:read',
}

function expecting(key: SigningKeyMaterial, change: Partial<JwtExpectation> = {}): JwtExpectation {
  return { key, typ: 'at+jwt', issuer, audience: issuer, now, ...change }
}
const sign = (key: SigningKeyMaterial, change: object = {}, typ = 'at+jwt') =>
  signJwt({ key, typ, claims: { ...claims, ...change } })
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url')

/** A signature by our own key over whatever header and payload: what a mistake of ours would let through. */
async function forge(header: unknown, payload: unknown, key: SigningKeyMaterial = es256): Promise<string> {
  assert.ok(key.sign)
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${key.sign(Buffer.from(input)).toString('base64url')}`
}
const goodHeader = { alg: es256.alg, kid: es256.kid, typ: 'at+jwt' }

async function reasonFor(token: string, expected = expecting(es256)): Promise<string> {
  const verdict = await verifyJwt(token, expected)
  return verdict.ok ? 'accepted' : verdict.reason
}

test('a token of each algorithm verifies and gives its claims back', async () => {
  for (const key of keys) {
    const token = await sign(key)
    assert.ok(isCompactJws(token))
    assert.deepEqual(readHeader(token), { alg: key.alg, kid: key.kid, typ: 'at+jwt' })
    assert.deepEqual(await verifyJwt(token, expecting(key)), { ok: true, claims })
  }
  assert.equal(await reasonFor(await forge(goodHeader, claims)), 'accepted')
})

test('a change of any bit of a token is refused', async () => {
  for (const key of [es256, eddsa]) {
    const token = await sign(key)
    for (let at = 0; at < token.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed =
          token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) ^ (1 << bit)) + token.slice(at + 1)
        // at the same place in another letter case, the type is still the type, but then the signature is not
        assert.notEqual(await reasonFor(changed, expecting(key)), 'accepted', `${at}/${bit}`)
      }
    }
  }
})

test('every cut and every addition is refused', async () => {
  const token = await sign(es256)
  for (let at = 0; at < token.length; at += 1) {
    assert.notEqual(await reasonFor(token.slice(0, at)), 'accepted')
    assert.notEqual(await reasonFor(token.slice(at + 1)), 'accepted')
  }
  for (const changed of [`${token}A`, `${token}AAAA`, `A${token}`, `${token}.`, `.${token}`, `${token}.AAAA`]) {
    assert.notEqual(await reasonFor(changed), 'accepted')
  }
})

test('padding, blanks, loose last bits and the other base64 alphabet are refused', async () => {
  const token = await sign(es256)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // an ES256 signature has 64 bytes: four unused bits in its last character
  const loose = signature.slice(0, -1) + alphabet.charAt(alphabet.indexOf(signature.slice(-1)) + 1)
  assert.deepEqual(Buffer.from(loose, 'base64url'), Buffer.from(signature, 'base64url'))
  for (const changed of [
    `${header}.${payload}.${loose}`,
    `${token}==`,
    `${token}=`,
    `${header}==.${payload}.${signature}`,
    ` ${token}`,
    `${token} `,
    `${token}\n`,
    `${header}.\n${payload}.${signature}`,
    `${header}.${payload} .${signature}`,
    `${header}.${payload}.${signature.slice(0, 10)}\t${signature.slice(10)}`,
    `${header}.${payload}.`,
    `${header}..${signature}`,
    `.${payload}.${signature}`,
    '..',
    '',
    token.replaceAll('.', ','),
    `${header}.${payload}.${signature}\0`,
    `${header}.${payload}.+/${signature.slice(2)}`,
  ]) {
    assert.equal(isCompactJws(changed), false, changed.slice(-20))
    assert.equal(readHeader(changed), null)
    assert.equal(await reasonFor(changed), 'malformed')
  }
})

test('alg none is refused, with and without a signature', async () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
    const head = encode({ ...goodHeader, alg })
    assert.equal(await reasonFor(`${head}.${encode(claims)}.`), 'malformed')
    assert.equal(await reasonFor(`${head}.${encode(claims)}.AAAA`), 'invalid')
    assert.equal(await reasonFor(await forge({ ...goodHeader, alg }, claims)), 'invalid')
  }
})

test('the algorithm is that of the key, whatever the token says', async () => {
  for (const key of keys) {
    for (const alg of ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256', 'ES384', 'HS256', 'es256', '']) {
      if (alg === key.alg) continue
      const token = await forge({ alg, kid: key.kid, typ: 'at+jwt' }, claims, key)
      assert.equal(await reasonFor(token, expecting(key)), 'invalid', `${key.alg} as ${alg}`)
    }
  }
})

test('a token of another key is refused, under its own and under a borrowed kid', async () => {
  assert.equal(await reasonFor(await sign(strangers)), 'invalid')
  assert.equal(await reasonFor(await forge(goodHeader, claims, strangers)), 'invalid')
  assert.equal(await reasonFor(await forge({ ...goodHeader, kid: 'x' }, claims)), 'invalid')
})

test('the public key in any form is no HMAC secret', async () => {
  for (const key of keys) {
    const jwk = KeyObject.from(key.publicKey).export({ format: 'jwk' })
    const pem = await exportSPKI(key.publicKey)
    const der = KeyObject.from(key.publicKey).export({ format: 'der', type: 'spki' })
    for (const secret of [pem, pem.trim(), JSON.stringify(jwk), der]) {
      for (const alg of ['HS256', key.alg]) {
        const input = `${encode({ alg, kid: key.kid, typ: 'at+jwt' })}.${encode(claims)}`
        const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
        assert.equal(await reasonFor(token, expecting(key)), 'invalid')
      }
    }
  }
})

test('a header with anything but alg, kid and typ is refused although the signature is right', async () => {
  const extras: readonly object[] = [
    { crit: ['exp'], exp: 1 },
    { crit: ['b64'], b64: true },
    { crit: [] },
    { b64: false },
    { jwk: KeyObject.from(es256.publicKey).export({ format: 'jwk' }) },
    { jku: 'https://attacker.example/jwks' },
    { x5u: 'https://attacker.example/cert' },
    { x5c: ['AAAA'] },
    { zip: 'DEF' },
    { cty: 'JWT' },
    { __proto__x: 1 },
  ]
  for (const extra of extras) {
    assert.equal(await reasonFor(await forge({ ...goodHeader, ...extra }, claims)), 'malformed', JSON.stringify(extra))
  }
  for (const member of ['alg', 'kid', 'typ']) {
    const { [member]: _, ...rest } = goodHeader as Record<string, string>
    assert.equal(await reasonFor(await forge(rest, claims)), 'malformed', member)
    assert.equal(await reasonFor(await forge({ ...rest, [member]: 1 }, claims)), 'malformed', member)
  }
  for (const header of ['[]', 'null', '1', '"x"', 'x', '{', '']) {
    assert.equal(await reasonFor(await forge(header, claims)), 'malformed', header)
  }
})

test('a member named twice in header or payload is refused although the signature is right', async () => {
  const head = JSON.stringify(goodHeader)
  const body = JSON.stringify(claims)
  for (const [header, payload] of [
    [head.replace('{', '{"alg":"none",'), body],
    [head.replace('{', '{"\\u0061lg":"none",'), body],
    [head, body.replace('{', '{"sub":"someone else",')],
    [head, body.replace('{', '{"s\\u0075b":"someone else",')],
    [head, body.replace('}', ',"x":{"a":1,"a":2}}')],
  ] as const) {
    assert.equal(await reasonFor(await forge(header, payload)), 'malformed', header + payload)
  }
  assert.equal(await reasonFor(await forge(head, body)), 'accepted')
})

test('a payload that is no object is refused although the signature is right', async () => {
  for (const payload of [[claims], [], 'null', '1', '"x"', 'x', '\ufeff{}', '{}x']) {
    assert.equal(await reasonFor(await forge(goodHeader, payload)), 'malformed', JSON.stringify(payload))
  }
  const bytes = Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xff]), Buffer.from('"}')])
  assert.equal(await reasonFor(await forge(goodHeader, bytes)), 'malformed')
})

test('the type is checked exactly: no other type of ours, no prefix, letter case aside', async () => {
  for (const typ of ['rt+jwt', 'pt+jwt', 'JWT', 'cardea-id+jwt', 'application/at+jwt', 'at+jwt ', '', 'at']) {
    assert.equal(await reasonFor(await sign(es256, {}, typ)), 'wrong-type', typ)
  }
  assert.equal(await reasonFor(await sign(es256, {}, 'AT+JWT')), 'accepted')
})

test('a token is over at exp and not before', async () => {
  const token = await sign(es256, { exp: seconds + 10 })
  assert.equal(await reasonFor(token, expecting(es256, { now: now + 9_999 })), 'accepted')
  assert.equal(await reasonFor(token, expecting(es256, { now: now + 10_000 })), 'expired')
  assert.equal(await reasonFor(token, expecting(es256, { now: now + 10_001 })), 'expired')
})

test('a token is not good before nbf', async () => {
  const token = await sign(es256, { nbf: seconds + 10 })
  assert.equal(await reasonFor(token), 'not-yet-valid')
  assert.equal(await reasonFor(token, expecting(es256, { now: now + 10_000 })), 'accepted')
})

test('huge, broken and missing times are refused although the signature is right', async () => {
  const body = JSON.stringify({ ...claims, exp: 'EXP' })
  for (const exp of [
    '4102444801',
    '1e308',
    '1e999',
    '9007199254740993',
    '-1',
    '1800000001.5',
    'null',
    'true',
    '"1900000000"',
    '[]',
  ]) {
    const reason = await reasonFor(await forge(goodHeader, body.replace('"EXP"', exp)))
    assert.ok(['malformed', 'invalid', 'expired'].includes(reason), `${exp}: ${reason}`)
  }
  assert.equal(await reasonFor(await forge(goodHeader, body.replace('"EXP"', '4102444800'))), 'accepted')
  for (const claim of ['exp', 'iat', 'sub', 'jti', 'iss', 'aud']) {
    const { [claim]: _, ...rest } = claims as Record<string, unknown>
    assert.notEqual(await reasonFor(await forge(goodHeader, rest)), 'accepted', `without ${claim}`)
    for (const value of [null, {}, true, [1], 1.5, '']) {
      assert.notEqual(await reasonFor(await forge(goodHeader, { ...claims, [claim]: value })), 'accepted', claim)
    }
  }
})

test('issuer and audience must be ours', async () => {
  assert.equal(await reasonFor(await sign(es256, { iss: 'https://other.example' })), 'wrong-issuer')
  assert.equal(await reasonFor(await sign(es256, { iss: `${issuer}/` })), 'wrong-issuer')
  assert.equal(await reasonFor(await sign(es256, { aud: 'https://other.example' })), 'wrong-audience')
  assert.equal(await reasonFor(await sign(es256, { aud: ['a', issuer] })), 'accepted')
  assert.equal(await reasonFor(await sign(es256), expecting(es256, { audience: ['a', 'b'] })), 'wrong-audience')
  assert.equal(await reasonFor(await sign(es256), expecting(es256, { audience: ['a', issuer] })), 'accepted')
  assert.equal(await reasonFor(await sign(es256), expecting(es256, { audience: [] })), 'wrong-audience')
  assert.equal(await reasonFor(await forge(goodHeader, { ...claims, aud: [issuer, 1] })), 'malformed')
})

test('what a refused token tells depends on its signature: only a genuine one is called expired', async () => {
  const old = await forge(goodHeader, { ...claims, exp: seconds - 1 }, strangers)
  assert.equal(await reasonFor(old), 'invalid')
})

test('an encrypted token is refused', async () => {
  const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(new Uint8Array(32))
  assert.equal(await reasonFor(jwe), 'malformed')
})

test('an oversized token is refused fast', async () => {
  const token = await sign(es256)
  const megabyte = 'A'.repeat(1024 * 1024)
  const before = performance.now()
  for (const text of [megabyte, `${megabyte}.${megabyte}.${megabyte}`, '.'.repeat(1024 * 1024), token + megabyte]) {
    assert.equal(isCompactJws(text), false)
    assert.equal(await reasonFor(text), 'malformed')
  }
  assert.ok(performance.now() - before < 500)
  const long = await forge(goodHeader, { ...claims, aud: issuer, x: 'x'.repeat(7000) })
  assert.equal(await reasonFor(long), 'malformed')
})

test('nothing is signed that would not be accepted', async () => {
  const publicOnly = { ...es256, sign: null }
  assert.throws(() => sign(publicOnly), TypeError)
  for (const bad of [
    { exp: 1e15 },
    { exp: 1.5 },
    { iat: -1 },
    { sub: '' },
    { jti: 1 },
    { aud: [] },
    { nbf: Number.NaN },
  ]) {
    assert.throws(() => sign(es256, bad), TypeError, JSON.stringify(bad))
  }
  assert.throws(() => sign(es256, { x: 'x'.repeat(7000) }), TypeError)
  await assert.rejects(verifyJwt('', expecting(es256, { now: Number.NaN })), TypeError)
})

test('no text makes it throw, and none is accepted', async () => {
  const token = await sign(es256)
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
    fc.jsonValue().map(encode),
    fc.constantFrom(...token.split('.')),
  )
  const parts = fc.array(part, { maxLength: 5 }).map((each) => each.join('.'))
  await fc.assert(
    fc.asyncProperty(fc.oneof(parts, fc.string({ unit: 'binary' })), async (text) => {
      fc.pre(text !== token)
      assert.notEqual(await reasonFor(text), 'accepted')
      if (isCompactJws(text)) {
        for (const each of text.split('.')) {
          assert.ok(each !== '' && Buffer.from(each, 'base64url').toString('base64url') === each)
        }
      } else assert.equal(readHeader(text), null)
    }),
    { numRuns: 500 },
  )
})

test('an opaque refresh token has no header, whatever its generation', () => {
  for (const generation of [1, 10, 100, 104, 1000, 2 ** 31]) {
    const secret = Buffer.alloc(32).toString('base64url')
    assert.equal(readHeader(formatRefreshToken({ sessionId: uuidv4(), generation, secret })), null)
  }
})
