import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CompactEncrypt } from 'jose'
import { createApp } from '../../src/apis/mount.ts'
import { createNativeApi } from '../../src/apis/native/index.ts'
import { listen } from '../../src/server/http-server.ts'
import { createMetrics } from '../../src/server/metrics.ts'
import { silentLog } from '../support/store.ts'
import { assertRefused, decode, encode, startForge } from './forge.ts'

/* What a token says and how it is spelled, signed with the server's own key wherever that could help a forger. */

const forge = await startForge()
const { server, good, header, claims, sign, signClaims, send, refuseAll } = forge
after(() => server.close())

test('a claim said twice, a payload that is no object and a header that is none are refused', async () => {
  const head = JSON.stringify(header)
  const body = JSON.stringify(claims)
  await refuseAll({
    'alg twice': await sign(head.replace('{', '{"alg":"none",'), body),
    'kid twice': await sign(head.replace('{', '{"kid":"x",'), body),
    'sub twice': await sign(head, body.replace('{', '{"sub":"somebody else",')),
    'sub twice, once escaped': await sign(head, body.replace('{', '{"s\\u0075b":"somebody else",')),
    'exp twice': await sign(head, body.replace('}', ',"exp":4102444800}')),
    'scope twice': await sign(head, body.replace('{', '{"scope":"users:write",')),
    'an array': await sign(head, [claims]),
    'an empty array': await sign(head, '[]'),
    null: await sign(head, 'null'),
    text: await sign(head, '"x"'),
    'a number': await sign(head, '1'),
    'broken JSON': await sign(head, '{'),
    'a byte order mark': await sign(head, `\ufeff${body}`),
    'a header that is an array': await sign([header], body),
    'a header that is null': await sign('null', body),
    'a header that is broken': await sign('{"alg":', body),
    'a payload that is no base64': `${encode(head)}.%%%%.AAAA`,
  })
})

test('times that are no times, zero, negative, huge or over are refused', async () => {
  const body = JSON.stringify({ ...claims, exp: 'EXP' })
  const tokens: Record<string, string> = {}
  const now = Math.floor(server.clock.now() / 1000)
  const bad = ['0', '-0', '-1', '1', '1e3', 'NaN', 'Infinity', '1e308', '1e999', '4102444801', '9007199254740993']
  for (const exp of [
    ...bad,
    'null',
    'true',
    '"4102444800"',
    '[4102444800]',
    '{}',
    `${now}`,
    `${now - 1}`,
    `${now}.5`,
  ]) {
    tokens[`exp ${exp}`] = await sign(header, body.replace('"EXP"', exp))
  }
  for (const claim of ['iat', 'nbf']) {
    for (const value of ['x', null, -1, 1e308, now + 0.5, {}, []]) {
      tokens[`${claim} ${JSON.stringify(value)}`] = await signClaims({ [claim]: value })
    }
  }
  tokens['not before tomorrow'] = await signClaims({ nbf: now + 86_400 })
  for (const claim of ['exp', 'iat', 'iss', 'aud', 'sub', 'jti', 'sid', 'scope', 'client_id']) {
    const { [claim]: _, ...rest } = claims
    tokens[`without ${claim}`] = await sign(header, rest)
  }
  await refuseAll(tokens)
})

test('a token for another issuer, audience, user or session is refused', async () => {
  const { url } = server
  const other = '01900000-0000-7000-8000-000000000000'
  await refuseAll({
    issuer: await signClaims({ iss: 'https://other.example' }),
    'issuer with a slash': await signClaims({ iss: `${url}/` }),
    'issuer in a list': await signClaims({ iss: [url] }),
    audience: await signClaims({ aud: 'https://other.example' }),
    'audience that begins with ours': await signClaims({ aud: `${url}.evil.example` }),
    'no audience': await signClaims({ aud: [] }),
    'audience with a number': await signClaims({ aud: [url, 1] }),
    'another subject': await signClaims({ sub: other }),
    'a session that is not there': await signClaims({ sid: other }),
    'another client': await signClaims({ client_id: other }),
    'a key for a session': await signClaims({ client_id: claims.sid }),
    'a session that is no text': await signClaims({ sid: { id: claims.sid } }),
    'scopes in a list': await signClaims({ scope: ['users:write'] }),
  })
})

test('blanks, padding, the other alphabet and loose bits make no second spelling of a good token', async () => {
  const [head = '', payload = '', signature = ''] = good.split('.')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const loose = signature.slice(0, -1) + alphabet.charAt(alphabet.indexOf(signature.slice(-1)) + 1)
  assert.deepEqual(Buffer.from(loose, 'base64url'), Buffer.from(signature, 'base64url'))
  await refuseAll({
    'loose last bits': `${head}.${payload}.${loose}`,
    '=': `${good}=`,
    '==': `${good}==`,
    'padding inside': `${head}==.${payload}.${signature}`,
    'a blank inside': `${head}. ${payload}.${signature}`,
    'a tab inside': `${head}.${payload}\t.${signature}`,
    'a blank in a part': `${head.slice(0, 5)} ${head.slice(5)}.${payload}.${signature}`,
    'the other alphabet': `${head}.${payload}.+/${signature.slice(2)}`,
    'percent signs': encodeURIComponent(good).replaceAll('.', '%2E'),
    'a comma': `${good},${good}`,
    quotes: `"${good}"`,
    'no signature': `${head}.${payload}.`,
    'two parts': `${head}.${payload}`,
    'four parts': `${good}.${signature}`,
    'a dot before': `.${good}`,
    'a dot behind': `${good}.`,
    'the signature first': `${signature}.${head}.${payload}`,
    'lower case': good.toLowerCase(),
  })
})

test('a token that was cut anywhere, or in which any one bit is another, is refused', async () => {
  const tokens: Record<string, string> = {}
  // Every position, each with one of the eight bits in turn; unit tests try all of them.
  for (let at = 0; at < good.length; at += 1) {
    const bit = 1 << (at % 7)
    const char = String.fromCharCode(good.charCodeAt(at) ^ bit)
    if (/[\x21-\x7e]/.test(char)) tokens[`bit ${bit} at ${at}`] = good.slice(0, at) + char + good.slice(at + 1)
  }
  for (let at = 1; at < good.length; at += 7) {
    tokens[`the first ${at}`] = good.slice(0, at)
    tokens[`without the first ${at}`] = good.slice(at)
  }
  assert.ok(Object.keys(tokens).length > good.length / 2)
  const kept = server.core.guard.cacheSize()
  const all = Object.entries(tokens)
  for (let from = 0; from < all.length; from += 20) {
    const batch = all.slice(from, from + 20)
    await Promise.all(batch.map(async ([what, token]) => assertRefused(await send(token), what)))
  }
  assert.equal(server.core.guard.cacheSize(), kept)
})

test('an encrypted token, a token in a token and the JSON forms of a signature are refused', async () => {
  const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(new Uint8Array(32))
  const [head = '', payload = '', signature = ''] = good.split('.')
  await refuseAll({
    JWE: jwe,
    'JWE called at+jwt': [encode({ ...decode(jwe.split('.')[0]), typ: 'at+jwt', kid: header.kid })]
      .concat(jwe.split('.').slice(1))
      .join('.'),
    'a token in a token': await sign({ ...header, cty: 'JWT' }, good),
    'a token in a token without saying so': await sign(header, good),
    'a token in a claim': await signClaims({ sub: good }),
    'JSON, flattened': encode({ protected: head, payload, signature }),
    'JSON, general': encode({ payload, signatures: [{ protected: head, signature }] }),
  })
})

test('a token of 1 MiB is refused before it is read, by the listener and by the app', async () => {
  const metrics = createMetrics({ core: server.core, pendingHashes: () => 0 })
  const http = {
    publicUrl: server.url,
    trustedProxies: [],
    allowedHosts: [],
    corsOrigins: [],
    bodyLimitBytes: 1024 * 1024,
    documents: false,
    console: null,
  }
  const api = createNativeApi({ http, health: { ready: async () => {} }, metrics })
  const app = createApp({ core: server.core, http, log: silentLog, metrics, apis: [api], newRequestId: () => 'id' })
  const megabyte = 'A'.repeat(1024 * 1024)
  const huge = [megabyte, `${megabyte}.${megabyte}.${megabyte}`, good + megabyte, '.'.repeat(1024 * 1024)]
  const began = performance.now()
  for (const token of huge) {
    const request = new Request(`${server.url}/auth/me`, { headers: { Authorization: `Bearer ${token}` } })
    const response = await app.fetch(request)
    const text = await response.text()
    assert.equal(response.status, 401, text)
    assert.ok(text.length < 2000 && !text.includes('AAAA'))
  }
  assert.ok(performance.now() - began < 2000)

  const listener = await listen({ host: '127.0.0.1', port: 0, app: Promise.resolve(app), log: silentLog })
  try {
    for (const token of huge) {
      const answered = await fetch(`http://127.0.0.1:${listener.port}/auth/me`, {
        headers: { Authorization: `Bearer ${token}` },
      }).catch((error: { cause?: { code?: string } }) => error.cause?.code ?? 'failed')
      // The listener may close while the client still sends: then there is no answer that could be read.
      if (typeof answered === 'string') assert.match(answered, /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/)
      else assert.equal(answered.status, 431)
    }
    const next = await fetch(`http://127.0.0.1:${listener.port}/auth/me`, {
      headers: { Authorization: `Bearer ${good}` },
    })
    assert.equal(next.status, 200)
  } finally {
    await listener.stop(0)
  }
})
