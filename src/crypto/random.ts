import { randomUUID, randomBytes as systemBytes, randomInt as systemInt } from 'node:crypto'
import type { Millis } from '../types.ts'

/** `n` bytes from the system's generator. The one source of randomness of the whole program. */
export function randomBytes(n: number): Buffer {
  return systemBytes(n)
}

/** Many at a time: one is drawn for every request, and a draw by itself costs more than all the rest of it. */
const nameLength = 24
let names = ''
let drawn = 0

/** 24 hex characters (96 random bits) that name one request in answers and logs. No secret. */
export function requestId(): string {
  if (drawn === names.length) {
    names = hexToken((nameLength / 2) * 256)
    drawn = 0
  }
  drawn += nameLength
  return names.slice(drawn - nameLength, drawn)
}

/** 256 random bits as base64url: 43 characters. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A whole number from 0 to below `end`, each as likely as any other. */
export function randomBelow(end: number): number {
  return systemInt(end)
}

/** `bytes` random bytes as lower-case hex. */
export function hexToken(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}

function uuidText(bytes: Buffer, version: number): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Random UUID (RFC 9562, section 5.4). */
export function uuidv4(): string {
  return randomUUID()
}

/**
 * Time-ordered UUID (RFC 9562, section 5.7): 48 bits of milliseconds, the rest random. Two of one millisecond have no
 * order between them. TypeError when `now` does not fit.
 */
export function uuidv7(now: Millis): string {
  if (!Number.isSafeInteger(now) || now < 0 || now >= 2 ** 48) throw new TypeError('uuidv7: the time is out of range')
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  return uuidText(bytes, 7)
}

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for the hyphenated form of any UUID, whatever its version and letter case. */
export function isUuid(text: string): boolean {
  return text.length === 36 && uuidShape.test(text.toLowerCase())
}

/** Crockford's alphabet: 32 characters, so five bits of a byte pick one without bias; no i, l, o, u. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** `groups` groups of `length` characters, joined by hyphens; five bits of randomness a character. */
export function randomCode(groups: number, length: number): string {
  return Array.from({ length: groups }, () =>
    Array.from(randomBytes(length), (byte) => alphabet.charAt(byte & 31)).join(''),
  ).join('-')
}

/** A recovery code, `xxxxx-xxxxx`: 50 bits, hence kept as a slow hash only. */
export function recoveryCode(): string {
  return randomCode(2, 5)
}

/** A scratch code as FreeSewing's clients know them: 8 hex characters, 32 bits, hence kept as a slow hash only. */
export function scratchCode(): string {
  return hexToken(4)
}

/**
 * What somebody typed as a recovery or scratch code in the form in which we hand them out, or null. Blanks, hyphens and letter case
 * do not count, and the letters that the alphabet leaves out are read as the digits they look like.
 */
export function parseRecoveryCode(text: string): string | null {
  if (text.length > 64) return null
  const plain = text.replace(/[\s-]/g, '').toLowerCase().replace(/o/g, '0').replace(/[il]/g, '1')
  if (/^[0-9a-f]{8}$/.test(plain)) return plain
  return /^[0-9a-hjkmnp-tv-z]{10}$/.test(plain) ? `${plain.slice(0, 5)}-${plain.slice(5)}` : null
}
