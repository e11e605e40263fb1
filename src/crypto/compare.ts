import { timingSafeEqual } from 'node:crypto'
import { hmac, textBytes } from './hash.ts'
import { randomBytes } from './random.ts'

// Under a key that nobody knows the digests tell nothing, and they have one length whatever came in.
const key = randomBytes(32)

/** Equal, in a time that does not depend on where they differ or whether their lengths do. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(hmac(key, a), hmac(key, b))
}

/** The same for text; two texts are equal only when all their code units are. */
export function equalText(a: string, b: string): boolean {
  return equalBytes(textBytes(a), textBytes(b))
}
