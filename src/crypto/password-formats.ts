import { verify as argon2Verify } from '@node-rs/argon2'

/** A way in which a password can be stored. One that comes from elsewhere is replaced by ours at the next sign-in. */
export interface PasswordFormat {
  readonly name: string
  /** True when the text is of this format, well-formed, and its cost within the caps: `verify` will not fail on it. */
  recognises(stored: string): boolean
  verify(stored: string, password: string): Promise<boolean>
}

/** What a stored text may demand of us: whoever can write one must not be able to take the machine down. */
export const argon2Caps = { memoryKib: 1024 * 1024, passes: 16, lanes: 16 } as const

export interface Argon2Parameters {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
  readonly saltBytes: number
  readonly hashBytes: number
}

const number = '([1-9][0-9]{0,9})'
const phc = new RegExp(
  `^\\$argon2id\\$v=19\\$m=${number},t=${number},p=${number}\\$([A-Za-z0-9+/]{11,86})\\$([A-Za-z0-9+/]{22,86})$`,
)

function decodedLength(text: string): number | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === text ? bytes.length : null
}

/**
 * Parameters of an Argon2id PHC string (version 1.3), or null when it is not one, or is beyond the caps or below what
 * RFC 9106, section 3.1 allows. Reads the text only: nothing is hashed.
 */
export function readArgon2(stored: string): Argon2Parameters | null {
  const [, m, t, p, salt, hash] = phc.exec(stored) ?? []
  if (salt === undefined || hash === undefined) return null
  const [memoryKib, passes, lanes] = [Number(m), Number(t), Number(p)]
  const [saltBytes, hashBytes] = [decodedLength(salt), decodedLength(hash)]
  if (saltBytes === null || hashBytes === null) return null
  if (memoryKib > argon2Caps.memoryKib || passes > argon2Caps.passes || lanes > argon2Caps.lanes) return null
  if (memoryKib < 8 * lanes) return null
  return { memoryKib, passes, lanes, saltBytes, hashBytes }
}

/**
 * All formats that a stored password may have. Formats to come go in here as further rows; a text that no row
 * recognises never matches any password.
 */
export const passwordFormats: readonly PasswordFormat[] = [
  {
    name: 'argon2id',
    recognises: (stored) => readArgon2(stored) !== null,
    verify: (stored, password) => argon2Verify(stored, password),
  },
]
