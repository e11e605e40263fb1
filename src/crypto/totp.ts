import { HOTP, Secret, TOTP } from 'otpauth'
import type { Millis } from '../types.ts'
import { equalText } from './compare.ts'
import { randomBytes } from './random.ts'

// What every authenticator app understands (RFC 6238 with HMAC-SHA-1; RFC 4226, section 4 asks for 160 bits).
const algorithm = 'SHA1'
const digits = 6
const periodSeconds = 30
const secretBytes = 20

/** A new seed: 160 random bits as base32 without padding, 32 characters. */
export function newTotpSecret(): string {
  return new Secret({ buffer: Uint8Array.from(randomBytes(secretBytes)).buffer }).base32
}

/** A colon would end the issuer in the label; lone surrogates cannot be percent-encoded. */
function labelText(text: string): string {
  return text.toWellFormed().replaceAll(':', ' ')
}

export interface TotpEnrolment {
  readonly secret: string
  readonly issuer: string
  readonly account: string
}

/** The `otpauth://` address that an authenticator app reads from the QR picture. Holds the seed. */
export function totpUri({ secret, issuer, account }: TotpEnrolment): string {
  return new TOTP({
    secret,
    issuer: labelText(issuer),
    label: labelText(account),
    algorithm,
    digits,
    period: periodSeconds,
  }).toString()
}

/** The number of the 30 s step that `now` lies in. */
export function totpStep(now: Millis): number {
  return Math.floor(now / 1000 / periodSeconds)
}

/** The code of one step, six digits. */
export function totpAt(secret: string, step: number): string {
  return HOTP.generate({ secret: Secret.fromBase32(secret), algorithm, digits, counter: step })
}

export interface TotpAttempt {
  /** Base32. */
  readonly secret: string
  /** As typed; blanks in it do not count. */
  readonly code: string
  readonly now: Millis
  /** Steps before and after the present one that count too: 0 to 10. */
  readonly drift: number
}

/**
 * The step whose code was typed, or null. The caller must accept each step of a user once. All candidates are
 * computed and compared, so the time does not tell which one matched.
 */
export function matchTotp({ secret, code, now, drift }: TotpAttempt): number | null {
  if (!Number.isSafeInteger(drift) || drift < 0 || drift > 10) throw new TypeError('totp: drift must be 0 to 10 steps')
  if (code.length > 64) return null
  const typed = code.replace(/\s/g, '')
  if (!/^[0-9]{6}$/.test(typed)) return null
  const present = totpStep(now)
  let matched: number | null = null
  for (let step = Math.max(0, present - drift); step <= present + drift; step += 1) {
    if (equalText(totpAt(secret, step), typed)) matched = step
  }
  return matched
}
