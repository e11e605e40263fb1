import { decodeBase64url } from './base64url.ts'

/** What an opaque refresh token consists of. */
export interface RefreshTokenParts {
  /** UUID, lower case. */
  readonly sessionId: string
  /** Which rotation it is: 1 to 2^31. */
  readonly generation: number
  /** 32 bytes as base64url: 43 characters. */
  readonly secret: string
}

const maxGeneration = 2 ** 31
const shape = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([1-9][0-9]{0,9})\.([A-Za-z0-9_-]{43})$/

/** `<session id>.<generation>.<secret>`. TypeError when a part has not its form. */
export function formatRefreshToken({ sessionId, generation, secret }: RefreshTokenParts): string {
  const text = `${sessionId}.${generation}.${secret}`
  if (parseRefreshToken(text) === null) throw new TypeError('refreshToken: a part has not its form')
  return text
}

/** The parts, or null for anything that `formatRefreshToken` does not make. */
export function parseRefreshToken(text: string): RefreshTokenParts | null {
  const [, sessionId, digits, secret] = shape.exec(text) ?? []
  if (sessionId === undefined || digits === undefined || secret === undefined) return null
  const generation = Number(digits)
  // The 43rd character carries two unused bits: only one of its four spellings is ours.
  return generation <= maxGeneration && decodeBase64url(secret) !== null ? { sessionId, generation, secret } : null
}
