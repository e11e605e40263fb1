import { isIP } from 'node:net'

/** The eight 16-bit groups of an IPv6 address, or null. */
function groupsOf(address: string): number[] | null {
  if (isIP(address) !== 6) return null
  // The URL parser knows all spellings (RFC 5952) and answers one: hexadecimal, shortened, dotted tail resolved.
  const url = URL.canParse(`http://[${address}]/`) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : null
  if (url === null) return null
  const [head = '', tail] = url.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...middle, ...right].map((group) => Number.parseInt(group, 16))
}

/**
 * What counts as one place: an IPv4 address as a whole, also when it is mapped into IPv6; of IPv6 the first 64 bits,
 * since whoever has one such address has all of them. Text that is no address is a place of its own.
 */
export function addressGroup(address: string): string {
  const [plain = ''] = address.split('%', 1)
  const groups = groupsOf(plain)
  if (groups === null) return plain.toLowerCase()
  const [high = 0, low = 0] = groups.slice(6)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** True for 127.0.0.0/8 and ::1, in any spelling. */
export function isLoopbackAddress(address: string): boolean {
  const [plain = ''] = address.split('%', 1)
  const groups = groupsOf(plain)
  if (groups?.slice(0, 7).every((group) => group === 0)) return groups[7] === 1
  const group = addressGroup(plain)
  return isIP(group) === 4 && group.startsWith('127.')
}

/** True for a URL's host name that means this machine (RFC 6761, section 6.3). */
export function isLoopbackHost(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name)
}
