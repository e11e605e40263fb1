/**
 * The bytes of unpadded base64url, or null. Strict, so that every byte string has exactly one text: no padding, no
 * blanks, no `+` and `/`, and the unused last bits are zero (RFC 4648, section 3.5). Buffer alone forgives all of these.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
