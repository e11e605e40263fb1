import { bad, good, type Kind, type Reading } from './kinds.ts'

const MIN_BYTES = 32

/**
 * The root secret's bytes from its text. In this order: an even number of at least 64 hexadecimal digits; base64 or
 * base64url (with its padding or without, unused bits zero) of at least 32 bytes; else the UTF-8 bytes of a text of at
 * least 32 characters. Null for everything else and for texts of fewer than 8 different characters.
 */
export function secretBytes(value: string): Buffer | null {
  if (new Set(value).size < 8) return null
  if (value.length >= MIN_BYTES * 2 && value.length % 2 === 0 && /^[0-9a-f]+$/i.test(value))
    return Buffer.from(value, 'hex')
  for (const encoding of ['base64', 'base64url'] as const) {
    const bytes = Buffer.from(value, encoding)
    if (bytes.length >= MIN_BYTES && sameUnpadded(bytes.toString(encoding), value)) return bytes
  }
  // A lone surrogate would become U+FFFD: two secrets, one key.
  return [...value].length >= MIN_BYTES && value.isWellFormed() ? Buffer.from(value, 'utf8') : null
}

function sameUnpadded(canonical: string, value: string): boolean {
  const bare = canonical.replace(/=+$/, '')
  return value === bare || value === bare.padEnd(Math.ceil(bare.length / 4) * 4, '=')
}

function read(value: unknown): Reading<string> {
  return typeof value === 'string' && secretBytes(value) !== null
    ? good(value)
    : bad(
        'must be base64, base64url or hex of 32 bytes or more, or a text of 32 characters or more; try `openssl rand -base64 32`',
      )
}

export const secret: Kind<string> = {
  is: 'base64, base64url or hex of at least 32 bytes, or text of at least 32 characters',
  fromText: read,
  fromValue: read,
}
