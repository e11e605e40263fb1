import { isCommonPassword } from '../crypto/common-passwords.ts'
import type { Passwords } from '../crypto/password.ts'
import { CardeaError } from '../errors.ts'
import type { CoreSettings } from './settings.ts'

export interface NewPasswords {
  /** `context`: the user's own names. Throws password_refused; says what is right. */
  check(password: string, context: readonly (string | null)[]): void
  /** Checks, then hashes the password exactly as it came. Throws password_refused, busy. */
  hash(password: string, context: readonly (string | null)[]): Promise<string>
}

export interface NewPasswordsDeps {
  readonly passwords: Pick<Passwords, 'hash'>
  readonly settings: Pick<CoreSettings, 'password'>
}

export function createNewPasswords({ passwords, settings }: NewPasswordsDeps): NewPasswords {
  const { minLength, maxLength } = settings.password

  function refuse(message: string): never {
    throw new CardeaError('password_refused', { fields: [{ field: 'password', message }] })
  }

  function check(password: string, context: readonly (string | null)[]): void {
    const right = `${minLength} to ${maxLength} characters`
    // A code point has at most two units: a huge text is refused without being counted.
    const length = password.length > 2 * maxLength ? Number.POSITIVE_INFINITY : [...password].length
    if (length < minLength) refuse(`is too short: a password has ${right}`)
    if (length > maxLength) refuse(`is too long: a password has ${right}`)
    if (!password.isWellFormed()) refuse('holds half a character: a password is well-formed Unicode text')
    if (
      isCommonPassword(
        password,
        context.filter((name) => name !== null),
      )
    ) {
      refuse('is one of the first that others would guess: choose one that is neither common nor your own name')
    }
  }

  return {
    check,
    async hash(password, context) {
      check(password, context)
      return passwords.hash(password)
    },
  }
}
