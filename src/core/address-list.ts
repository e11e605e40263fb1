import { BlockList, isIP } from 'node:net'

/** Addresses and CIDR blocks that a key may be used from. */
export interface AddressList {
  readonly entries: readonly string[]
  has(address: string): boolean
}

export const maxAddresses = 100

interface Block {
  readonly address: string
  readonly family: 'ipv4' | 'ipv6'
  /** Undefined: one address. */
  readonly prefix: number | undefined
}

/** IPv4 in IPv6 clothes (RFC 4291, section 2.5.5.2), as dual-stack sockets show it, back to plain IPv4. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%', 1)
  if (isIP(bare) !== 6) return bare
  // The URL parser answers one spelling (RFC 5952) for all.
  const host = new URL(`http://[${bare}]/`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host)
  if (mapped === null) return host
  const [high = 0, low = 0] = mapped.slice(1).map((group) => Number.parseInt(group, 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** `192.0.2.7`, `192.0.2.0/24`, `2001:db8::1` or `2001:db8::/32`; null for anything else. */
function readBlock(text: string): Block | null {
  const [whole = '', prefixText, more] = text.split('/')
  if (more !== undefined || whole.includes('%')) return null
  const address = plainAddress(whole)
  const version = isIP(address)
  if (version === 0) return null
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (prefixText === undefined) return { address, family, prefix: undefined }
  if (!/^(0|[1-9][0-9]{0,2})$/.test(prefixText)) return null
  // A block of mapped addresses counts its prefix from the start of the 128 bits.
  const prefix = Number(prefixText) - (isIP(whole) === 6 && version === 4 ? 96 : 0)
  return prefix >= 0 && prefix <= (version === 4 ? 32 : 128) ? { address, family, prefix } : null
}

export function isAddressOrBlock(text: string): boolean {
  return readBlock(text) !== null
}

/** TypeError for an entry that `isAddressOrBlock` refuses. */
export function createAddressList(entries: readonly string[]): AddressList {
  const list = new BlockList()
  for (const entry of entries) {
    const block = readBlock(entry)
    if (block === null) throw new TypeError('addressList: neither an address nor a block')
    if (block.prefix === undefined) list.addAddress(block.address, block.family)
    else list.addSubnet(block.address, block.prefix, block.family)
  }
  return {
    entries,
    has(address) {
      const plain = plainAddress(address)
      const version = isIP(plain)
      return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}
