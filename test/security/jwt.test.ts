import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import type { KeyUse } from '../../src/core/records.ts'
import { generateSigningKey, importSigningKey } from '../../src/crypto/key-ring.ts'
import { assertRefused, decode, encode, startForge } from './forge.ts'

/*
 * Tokens signed wrongly, by the wrong key or for another purpose, sent as a caller would send them. What a mistake of
 * ours could let through is signed with the server's own key; each must be a clean 401 and none may be remembered.
 */

const forge = await startForge()
const { server, own, ownPrivate, strangers, publicKey, good, header, claims, privateToken } = forge
const { sign, signClaims, send, refuseAll } = forge
after(() => server.close())

test('the way these tests sign is the way that is accepted', async () => {
  const fresh = await signClaims({ jti: 'another' })
  assert.equal((await send(fresh)).status, 200)
  assert.equal((await send(privateToken)).status, 200)
})

test('no algorithm but that of the key is accepted: none, and every other one', async () => {
  const tokens: Record<string, string> = {}
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
    const head = encode({ ...header, alg })
    tokens[`${alg} without a signature`] = `${head}.${encode(claims)}.`
    tokens[`${alg} with some signature`] = `${head}.${encode(claims)}.AAAA`
    tokens[`${alg} with the right signature`] = await signClaims({}, { alg })
  }
  for (const alg of ['EdDSA', 'Ed25519', 'RS256', 'PS256', 'ES384', 'ES256K', 'HS256', 'HS512', 'es256']) {
    tokens[`ES256 called ${alg}`] = await signClaims({}, { alg })
  }
  for (const alg of ['EdDSA', 'RS256'] as const) {
    const other = await importSigningKey(await generateSigningKey(alg))
    tokens[`a real ${alg} signature under our kid`] = await sign({ ...header, alg }, claims, other)
    tokens[`a real ${alg} signature called ES256`] = await sign(header, claims, other)
  }
  await refuseAll(tokens)
})

test('the public key in any form is no HMAC secret', async () => {
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const der = publicKey.export({ format: 'der', type: 'spki' })
  const { keys } = await server.core.signingKeys.jwks()
  const jwk = JSON.stringify(keys[0])
  const bare = JSON.stringify(publicKey.export({ format: 'jwk' }))
  const secrets: Readonly<Record<string, string | Buffer>> = {
    PEM: pem,
    'PEM without its last line end': pem.trim(),
    'PEM with CRLF': pem.replaceAll('\n', '\r\n'),
    'PEM with a blank before it': ` ${pem}`,
    'PEM with a line end before it': `\n${pem}`,
    'PEM with a byte order mark': `\ufeff${pem}`,
    'PEM body': pem.replace(/-----[A-Z ]+-----|\s/g, ''),
    DER: der,
    'DER in base64': der.toString('base64'),
    JWK: jwk,
    'JWK without our members': bare,
    'JWK with blanks': JSON.stringify(keys[0], null, 2),
    'the key set': JSON.stringify({ keys }),
    kid: String(header.kid),
    nothing: '',
  }
  const tokens: Record<string, string> = {}
  for (const [form, secret] of Object.entries(secrets)) {
    for (const [alg, hash] of [
      ['HS256', 'sha256'],
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
      ['ES256', 'sha256'],
    ] as const) {
      const input = `${encode({ ...header, alg })}.${encode(claims)}`
      tokens[`${form} as ${alg}`] = `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
    }
  }
  await refuseAll(tokens)
})

test('a kid is a name and nothing else: no path, no SQL, no address, no member of an object', async () => {
  const kids = [
    '../../../../dev/null',
    '/dev/null',
    'file:///etc/passwd',
    "x' or '1'='1",
    "x' union select 'AAAA",
    'x"; drop table signing_keys; --',
    'https://attacker.example/key',
    '__proto__',
    'constructor',
    'toString',
    `${header.kid}\u0000`,
    `${header.kid} `,
    String(header.kid).toUpperCase(),
    '%',
    '',
    'x'.repeat(3000),
  ]
  const tokens: Record<string, string> = {}
  for (const kid of kids) {
    tokens[`our signature, kid ${kid}`] = await signClaims({}, { kid })
    tokens[`an empty secret, kid ${kid}`] = (() => {
      const input = `${encode({ ...header, alg: 'HS256', kid })}.${encode(claims)}`
      return `${input}.${createHmac('sha256', '').update(input).digest('base64url')}`
    })()
  }
  for (const kid of [null, 1, true, [header.kid], { kid: header.kid }]) {
    tokens[`kid ${JSON.stringify(kid)}`] = await signClaims({}, { kid })
  }
  await refuseAll(tokens)
})

test('a token brings no key along and no header that changes what the rest means', async () => {
  const jwk = publicKey.export({ format: 'jwk' })
  const { publicKey: theirs } = strangers
  const theirJwk = await crypto.subtle.exportKey('jwk', theirs)
  const extras: Readonly<Record<string, object>> = {
    jwk: { jwk },
    'their jwk': { jwk: theirJwk },
    jku: { jku: 'https://attacker.example/jwks.json' },
    'our own jku': { jku: `${server.url}/.well-known/jwks.json` },
    x5u: { x5u: 'https://attacker.example/cert.pem' },
    x5c: { x5c: ['MIIB'] },
    x5t: { 'x5t#S256': 'AAAA' },
    'unknown crit': { crit: ['http://example.com/extension'], 'http://example.com/extension': 1 },
    'known crit': { crit: ['exp'], exp: claims.exp },
    'empty crit': { crit: [] },
    b64: { crit: ['b64'], b64: false },
    'b64 true': { crit: ['b64'], b64: true },
    zip: { zip: 'DEF' },
    cty: { cty: 'JWT' },
    enc: { enc: 'A256GCM' },
  }
  const tokens: Record<string, string> = {}
  for (const [name, extra] of Object.entries(extras)) {
    tokens[`${name}, our signature`] = await signClaims({}, extra)
    tokens[`${name}, their signature`] = await sign({ ...header, ...extra }, claims, strangers)
  }
  tokens['their signature and kid'] = await sign({ ...header, kid: strangers.kid }, claims, strangers)
  tokens['their signature, our kid'] = await sign(header, claims, strangers)
  await refuseAll(tokens)
})

test('each kind of token is that kind only, whichever key signed it and whatever it calls itself', async () => {
  const privateHeader = decode(privateToken.split('.')[0])
  const privateClaims = decode(privateToken.split('.')[1])
  const refreshKey = await server.core.signingKeys.current('refresh')
  const tokens: Record<string, string> = {
    'a private token called an access token': await sign(
      { ...privateHeader, typ: 'at+jwt' },
      privateClaims,
      ownPrivate,
    ),
    'an access token called a private token': await sign({ ...header, typ: 'pt+jwt' }, claims),
    'access claims by the key of private tokens': await sign(
      { ...header, kid: ownPrivate.kid, alg: ownPrivate.alg },
      claims,
      ownPrivate,
    ),
    'private claims by the key of access tokens': await sign({ ...privateHeader, kid: own.kid }, privateClaims),
    'private claims as an access token by the right key': await sign(header, privateClaims),
    'access claims as a private token by the right key': await sign(privateHeader, claims, ownPrivate),
    'a refresh token': await sign({ typ: 'rt+jwt', alg: refreshKey.alg, kid: refreshKey.kid }, claims, refreshKey),
    'an access token by the key of refresh tokens': await sign(
      { typ: 'at+jwt', alg: refreshKey.alg, kid: refreshKey.kid },
      claims,
      refreshKey,
    ),
  }
  for (const typ of ['rt+jwt', 'cardea-id+jwt', 'JWT', 'id_token', 'application/at+jwt', 'AT+JWT', 'at+jwt ', '']) {
    tokens[`typ ${typ}`] = await signClaims({}, { typ })
  }
  tokens['an identity for an upstream'] = await sign(
    { ...header, typ: 'cardea-id+jwt' },
    { ...claims, aud: 'https://upstream.example' },
  )
  await refuseAll(tokens)
})

test('a private token passes no route that asks for a session, an access token none that asks for a key', async () => {
  for (const [method, path, token] of [
    ['POST', '/auth/keys', privateToken],
    ['POST', '/auth/tokens', privateToken],
    ['POST', '/auth/me/password', privateToken],
    ['POST', '/auth/sign-out', privateToken],
  ] as const) {
    const answered = await server.send(method, path, { token, json: {} })
    assert.equal(answered.status, 401, `${method} ${path}`)
    assert.equal(answered.body.code, 'credential_kind_refused')
  }
  const introspected = await server.send('POST', '/oauth/introspect', { token: good, form: { token: good } })
  assert.equal(introspected.status, 401)
  assert.equal((await server.send('POST', '/auth/refresh', { json: { refresh_token: good } })).status, 401)
  assert.equal((await server.send('POST', '/auth/refresh', { json: { refresh_token: privateToken } })).status, 401)
})

test('a token of a key that was revoked is refused at once, and so is all that the key signed before', async () => {
  for (const use of ['access', 'private'] satisfies KeyUse[]) {
    const token = use === 'access' ? good : privateToken
    assert.equal((await send(token)).status, 200)
    await server.core.signingKeys.rotate(use, true)
    assert.equal((await send(token)).status, 200, 'rotation alone ends no token')
    await server.core.signingKeys.revoke(String(decode(token.split('.')[0]).kid))
    assertRefused(await send(token), use)
  }
})
