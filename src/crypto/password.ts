import { availableParallelism } from 'node:os'
import { hash as argon2Hash, hashRaw as argon2Raw, verify as argon2Verify } from '@node-rs/argon2'
import { CardeaError } from '../errors.ts'
import { argon2Caps, passwordFormats, readArgon2 } from './password-formats.ts'
import { randomBytes } from './random.ts'
import { createWorkPool } from './work-pool.ts'

export interface PasswordOptions {
  /** Memory of one hash in KiB. */
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
  /** Hashes at once; default: one a processor. Each holds a thread of libuv's pool meanwhile. */
  readonly parallel?: number | undefined
  /** Hashes that may wait; beyond it callers are told `busy`. */
  readonly queue: number
}

export interface PasswordVerdict {
  readonly ok: boolean
  /** The password is right and its stored form is not the configured one: store a new hash of it. */
  readonly outdated: boolean
}

export interface Passwords {
  /** Argon2id as PHC text. CardeaError `password_refused` over 1024 bytes or with lone surrogates, `busy`. */
  hash(password: string): Promise<string>
  /** Checks exactly what it is given: no trimming, no normalising. CardeaError `busy`. */
  verify(stored: string | null, password: string): Promise<PasswordVerdict>
  /** `hash` and `verify` for codes under 112 bits. */
  hashCode(code: string): Promise<string>
  verifyCode(stored: string | null, code: string): Promise<PasswordVerdict>
  /**
   * Argon2id under a given salt of 16 bytes or more, as hex: where one typed code is looked for among several that
   * share a salt. CardeaError `request_invalid` over 1024 bytes or with lone surrogates, `busy`.
   */
  hashWithSalt(code: string, salt: Uint8Array): Promise<string>
  /** Hashes that run or wait. */
  pending(): number
}

const maxBytes = 1024
const hashBytes = 32
const saltBytes = 16

function withinRange(name: string, value: number, low: number, high: number): void {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw new TypeError(`passwords: ${name} must be a whole number from ${low} to ${high}`)
  }
}

/** Lone surrogates would all be hashed as the same replacement character: different passwords would match. */
function isAcceptable(password: string): boolean {
  // A UTF-16 unit is at least one byte of UTF-8, so a huge text is refused without encoding it.
  return password.length <= maxBytes && password.isWellFormed() && Buffer.byteLength(password) <= maxBytes
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/** Hashing and checking of passwords and short codes in a bounded pool. TypeError for parameters out of range. */
export function createPasswords(options: PasswordOptions): Passwords {
  const { memoryKib, passes, lanes, parallel = availableParallelism(), queue } = options
  withinRange('lanes', lanes, 1, argon2Caps.lanes)
  withinRange('passes', passes, 1, argon2Caps.passes)
  withinRange('memoryKib', memoryKib, 8 * lanes, argon2Caps.memoryKib)
  withinRange('parallel', parallel, 1, 1024)
  withinRange('queue', queue, 0, 1_000_000)

  const pool = createWorkPool({ parallel, queue })
  const parameters = { memoryCost: memoryKib, timeCost: passes, parallelism: lanes, outputLen: hashBytes }
  // Checked in place of a hash that is not there. Random bytes cost as much to compare with as a real hash does, and
  // need no hashing to make: not even the first look-up of an unknown user takes longer.
  const dummy = `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${base64(randomBytes(saltBytes))}$${base64(randomBytes(hashBytes))}`

  function isOutdated(stored: string): boolean {
    const found = readArgon2(stored)
    return !(
      found !== null &&
      found.memoryKib === memoryKib &&
      found.passes === passes &&
      found.lanes === lanes &&
      found.hashBytes === hashBytes &&
      found.saltBytes >= saltBytes
    )
  }

  async function hash(password: string): Promise<string> {
    if (!isAcceptable(password)) throw new CardeaError('password_refused', { internal: 'password too long to hash' })
    return pool.run(() => argon2Hash(password, parameters))
  }

  async function verify(stored: string | null, password: string): Promise<PasswordVerdict> {
    // No hash at all for what can be nobody's password. That tells nothing: it depends on the caller's text alone, not
    // on the user, and a megabyte of password must not buy a megabyte's work.
    if (!isAcceptable(password)) return { ok: false, outdated: false }
    const format = stored === null ? undefined : passwordFormats.find((candidate) => candidate.recognises(stored))
    if (stored === null || format === undefined) {
      await pool.run(() => argon2Verify(dummy, password))
      return { ok: false, outdated: false }
    }
    const ok = await pool.run(() => format.verify(stored, password))
    return { ok, outdated: ok && isOutdated(stored) }
  }

  async function hashWithSalt(code: string, salt: Uint8Array): Promise<string> {
    if (salt.length < saltBytes) throw new TypeError(`passwords: a salt has ${saltBytes} bytes or more`)
    if (!isAcceptable(code)) throw new CardeaError('request_invalid', { internal: 'code too long to hash' })
    const raw = await pool.run(() => argon2Raw(code, { ...parameters, salt }))
    return raw.toString('hex')
  }

  return { hash, verify, hashCode: hash, verifyCode: verify, hashWithSalt, pending: pool.pending }
}
