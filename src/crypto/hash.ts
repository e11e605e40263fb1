import { createHmac, createSecretKey, hkdfSync, type KeyObject, hash as oneShot } from 'node:crypto'

/**
 * Text as bytes, no two texts alike. UTF-8 turns every lone surrogate into the same U+FFFD; such text goes in as UTF-16
 * behind a byte that never occurs in UTF-8.
 */
export function textBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8')
  return Buffer.concat([Buffer.from([0xff]), Buffer.from(text, 'utf16le')])
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? textBytes(data) : data
}

/** SHA-256; text counts as UTF-8. */
export function sha256(data: string | Uint8Array): Buffer {
  return oneShot('sha256', bytesOf(data), 'buffer')
}

/** SHA-256 of text as base64: the fastest there is, for the key of a cache. */
export function sha256Base64(text: string): string {
  // Well-formed text need not be copied into bytes first.
  return oneShot('sha256', text.isWellFormed() ? text : textBytes(text), 'base64')
}

/** SHA-256 as lower-case hex. */
export function sha256Hex(data: string | Uint8Array): string {
  return oneShot('sha256', bytesOf(data), 'hex')
}

/** Keys are few and live long; to take one in costs several times the HMAC itself. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>()

function keyObjectOf(key: Uint8Array): KeyObject {
  const known = keyObjects.get(key)
  if (known !== undefined) return known
  const made = createSecretKey(key)
  keyObjects.set(key, made)
  return made
}

/** HMAC-SHA-256. The bytes of a key must not change once it was used. */
export function hmac(key: Uint8Array, data: string | Uint8Array): Buffer {
  return createHmac('sha256', keyObjectOf(key)).update(bytesOf(data)).digest()
}

/** HMAC-SHA-256 as lower-case hex. */
export function hmacHex(key: Uint8Array, data: string | Uint8Array): string {
  return hmac(key, data).toString('hex')
}

/** HKDF-SHA-256 (RFC 5869) without salt: the roots are uniformly random already. `length` in bytes. */
export function hkdf(root: Uint8Array, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', root, new Uint8Array(0), info, length))
}
