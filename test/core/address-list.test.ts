import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAddressList, isAddressOrBlock, plainAddress } from '../../src/core/address-list.ts'

test('an address is in the list as itself and as part of a block, in both families', () => {
  const list = createAddressList(['192.0.2.7', '198.51.100.0/24', '2001:db8::1', '2001:db8:ff::/48'])
  for (const inside of ['192.0.2.7', '198.51.100.255', '2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:db8:ff:9::7']) {
    assert.equal(list.has(inside), true, inside)
  }
  for (const outside of [
    '192.0.2.8',
    '198.51.101.0',
    '2001:db8::2',
    '2001:db8:fe::1',
    '',
    'localhost',
    '192.0.2.7 ',
    '::',
  ]) {
    assert.equal(list.has(outside), false, outside)
  }
})

test('IPv4 in IPv6 clothes is the same address, in the list and at the door', () => {
  const list = createAddressList(['192.0.2.7'])
  for (const spelling of ['::ffff:192.0.2.7', '::FFFF:c000:207', '0:0:0:0:0:ffff:c000:0207', '::ffff:192.0.2.7%eth0']) {
    assert.equal(list.has(spelling), true, spelling)
  }
  assert.equal(list.has('::192.0.2.7'), false)
  assert.equal(createAddressList(['::ffff:192.0.2.0/120']).has('192.0.2.9'), true)
  assert.equal(createAddressList(['::ffff:192.0.2.0/120']).has('192.0.3.9'), false)
})

test('what is neither an address nor a block is told apart', () => {
  for (const good of ['0.0.0.0/0', '::/0', '10.0.0.0/8', '127.0.0.1/32', 'fe80::1/128'])
    assert.ok(isAddressOrBlock(good), good)
  const bad = [
    '',
    '/',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0',
    '010.0.0.1',
    'fe80::1%eth0',
    '10.0.0.0/ 8',
    'a.b',
    '::ffff:1.2.3.4/95',
  ]
  for (const text of bad) assert.equal(isAddressOrBlock(text), false, text)
})

test('no text throws, and no block lets in an address outside of it', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      isAddressOrBlock(text)
      assert.equal(
        createAddressList(['192.0.2.0/24']).has(text),
        /^(::ffff:)?192\.0\.2\.\d+$/i.test(plainAddress(text)),
      )
    }),
  )
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (base, address, prefix) => {
      const bits = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
      const size = 2 ** (32 - prefix)
      const same = Math.floor(bits(base) / size) === Math.floor(bits(address) / size)
      assert.equal(createAddressList([`${base}/${prefix}`]).has(address), same)
    }),
  )
  fc.assert(fc.property(fc.ipV6(), (address) => assert.equal(createAddressList([address]).has(address), true)))
})
