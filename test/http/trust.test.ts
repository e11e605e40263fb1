import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createHostCheck, isLoopbackHost } from '../../src/http/host.ts'
import { createProxyTrust } from '../../src/http/proxy.ts'
import { sameOrigin } from '../../src/http/same-origin.ts'

const forwarded = (value: string) => new Headers({ 'x-forwarded-for': value })

test('X-Forwarded-For is believed only from configured proxies, and only as far as they reach', () => {
  const trust = createProxyTrust(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
  assert.equal(trust.clientAddress('192.0.2.9', forwarded('1.2.3.4')), '192.0.2.9')
  assert.equal(trust.clientAddress('127.0.0.1', forwarded('1.2.3.4')), '1.2.3.4')
  assert.equal(trust.clientAddress('::ffff:127.0.0.1', forwarded('6.6.6.6, 1.2.3.4, 10.1.1.1')), '1.2.3.4')
  assert.equal(trust.clientAddress('fd00::1', forwarded('2001:db8::7')), '2001:db8::7')
  assert.equal(
    trust.clientAddress('127.0.0.1', forwarded('unknown')),
    '0.0.0.0',
    'an unreadable hop is nobody known, never the proxy',
  )
  assert.equal(trust.clientAddress('127.0.0.1', forwarded('203.0.113.9:4711')), '203.0.113.9')
  assert.equal(trust.clientAddress('127.0.0.1', forwarded('[2001:db8::7]:443')), '2001:db8::7')
  assert.equal(trust.clientAddress('127.0.0.1', new Headers()), '127.0.0.1')
  assert.equal(createProxyTrust([]).clientAddress('127.0.0.1', forwarded('1.2.3.4')), '127.0.0.1')
})

test('whatever X-Forwarded-For holds, an untrusted peer stays what it is', () => {
  const trust = createProxyTrust(['10.0.0.0/8'])
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary-ascii' }).map((s) => s.replace(/[\r\n\0]/g, '')),
      (value) => trust.clientAddress('198.51.100.7', forwarded(value)) === '198.51.100.7',
    ),
  )
})

test('a Host that is not ours is told so', () => {
  const ours = createHostCheck('https://auth.example.com', ['api.example.com'])
  for (const host of [
    'auth.example.com',
    'AUTH.example.com:443',
    'api.example.com',
    'auth.example.com.',
    'localhost:4000',
    '127.0.0.1:4000',
    '[::1]:4000',
    null,
  ])
    assert.equal(ours(host), true, String(host))
  for (const host of [
    '',
    'evil.example',
    'auth.example.com.evil.example',
    'auth.example.com@evil.example',
    'auth.example.com/x',
    '127.0.0.1.evil.example',
    'localhost evil',
    '169.254.169.254',
  ])
    assert.equal(ours(host), false, host)
  assert.equal(isLoopbackHost('127.0.0.1.nip.io'), false)
})

test('same origin is proven by fetch metadata, else by Origin; null and foreign never are a proof', () => {
  const proof = (headers: Record<string, string>) =>
    sameOrigin(new Headers(headers), 'https://a.example', ['https://front.example'])
  assert.equal(proof({ 'sec-fetch-site': 'same-origin' }), 'same')
  assert.equal(proof({ 'sec-fetch-site': 'cross-site', origin: 'https://front.example' }), 'same')
  assert.equal(proof({ 'sec-fetch-site': 'cross-site', origin: 'https://a.example' }), 'foreign')
  assert.equal(proof({ 'sec-fetch-site': 'cross-site' }), 'foreign')
  assert.equal(proof({ 'sec-fetch-site': 'same-site' }), 'foreign')
  assert.equal(proof({ 'sec-fetch-site': 'none' }), 'foreign')
  assert.equal(proof({ origin: 'https://a.example' }), 'same')
  assert.equal(proof({ origin: 'https://a.example.evil' }), 'foreign')
  assert.equal(proof({ origin: 'null' }), 'foreign')
  assert.equal(proof({ referer: 'https://a.example/' }), 'absent')
  assert.equal(proof({}), 'absent')
})
