import { BlockList, isIP } from 'node:net'
import type { HeaderReader } from './headers.ts'

export interface ProxyTrust {
  /** The caller's address: the peer's, or what the trusted proxies in front of us say. */
  clientAddress(peer: string, headers: Pick<HeaderReader, 'get'>): string
  isTrusted(peer: string): boolean
}

/** A hop that says nothing readable: somebody, but nobody whom any rule knows. */
export const unknownAddress = '0.0.0.0'

/** IPv4-mapped IPv6 (`::ffff:192.0.2.1`) is the IPv4 address; zone ids are cut. */
export function plainAddress(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text.trim())?.[1] ?? text.trim().replace(/^([\d.]+):\d+$/, '$1')
  const address = bare.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  return mapped?.[1] ?? address
}

/**
 * `trusted`: addresses or CIDR blocks of our own proxies. X-Forwarded-For is read from the right and believed only
 * while the hop that wrote it is one of them; from anybody else it is a claim and is not looked at.
 */
export function createProxyTrust(trusted: readonly string[]): ProxyTrust {
  const list = new BlockList()
  for (const entry of trusted) {
    const [network = '', bits] = entry.split('/')
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(network, family)
    else list.addSubnet(network, Number(bits), family)
  }
  const isTrusted = (peer: string): boolean => {
    if (trusted.length === 0) return false
    const address = plainAddress(peer)
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }
  // The peer is the same from one request of a connection to the next, and behind a proxy at all times.
  let last = { peer: '', address: plainAddress(''), isTrusted: isTrusted('') }
  const read = (peer: string) => {
    if (peer !== last.peer) {
      const address = plainAddress(peer)
      last = { peer, address, isTrusted: isTrusted(address) }
    }
    return last
  }
  return {
    isTrusted,
    clientAddress(peer, headers) {
      const hop = read(peer)
      let { address } = hop
      if (!hop.isTrusted) return address
      const told = headers.get('x-forwarded-for')
      if (told === null) return address
      const hops = told.split(',').map(plainAddress)
      while (isTrusted(address)) {
        const hop = hops.pop()
        if (hop === undefined || hop === '') break
        address = isIP(hop) === 0 ? unknownAddress : hop
      }
      return address
    },
  }
}
