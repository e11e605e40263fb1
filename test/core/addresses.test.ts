import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressGroup, isLoopbackAddress, isLoopbackHost } from '../../src/core/addresses.ts'

test('an IPv4 address is a place of its own, however it is written', () => {
  assert.equal(addressGroup('192.0.2.1'), '192.0.2.1')
  assert.equal(addressGroup('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(addressGroup('::FFFF:c000:201'), '192.0.2.1')
  assert.notEqual(addressGroup('192.0.2.1'), addressGroup('192.0.2.2'))
})

test('all addresses of one IPv6 /64 are one place, those of the next are another', () => {
  const group = '2001:db8:1:2::/64'
  for (const text of [
    '2001:db8:1:2::1',
    '2001:DB8:1:2:ffff:ffff:ffff:ffff',
    '2001:0db8:0001:0002::',
    '2001:db8:1:2::1%eth0',
  ]) {
    assert.equal(addressGroup(text), group)
  }
  assert.notEqual(addressGroup('2001:db8:1:3::1'), group)
  assert.equal(addressGroup('::1'), '0:0:0:0::/64')
})

test('the lower 64 bits never matter and the upper ones always do', () => {
  const group = fc.integer({ min: 1, max: 0xffff }).map((n) => n.toString(16))
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'))
  fc.assert(
    fc.property(half, half, half, (net, one, other) => {
      assert.equal(addressGroup(`${net}:${one}`), addressGroup(`${net}:${other}`))
      assert.equal(addressGroup(`${net}:${one}`) === addressGroup(`${other}:${one}`), net === other)
    }),
  )
})

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof addressGroup(text) === 'string'))
  fc.assert(fc.property(fc.ipV6(), (text) => typeof addressGroup(text) === 'string'))
})

test('loopback is told in every spelling, and nothing else is taken for it', () => {
  for (const address of [
    '127.0.0.1',
    '127.255.0.9',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::1%lo',
  ])
    assert.equal(isLoopbackAddress(address), true, address)
  for (const address of [
    '128.0.0.1',
    '1.127.0.0',
    '::2',
    '::',
    '1::1',
    'fe80::1',
    '127.example.com',
    '127.0.0',
    '',
    'localhost',
  ])
    assert.equal(isLoopbackAddress(address), false, address)
  for (const host of ['localhost', 'localhost.', 'door.localhost', '127.0.0.1', '[::1]'])
    assert.equal(isLoopbackHost(host), true, host)
  for (const host of ['localhost.example.com', 'notlocalhost', 'example.com', '[2001:db8::1]', '127.example.com', ''])
    assert.equal(isLoopbackHost(host), false, host)
})
