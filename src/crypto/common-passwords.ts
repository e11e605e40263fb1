import { createRequire } from 'node:module'

// The list (49,233 entries, lower case) unpacks in about 35 ms and takes some megabytes. A server that never sets a
// password should not pay for that at its start, so it is loaded by the first check, which is rare and hashes anyway.
const load = createRequire(import.meta.url)
let list: ReadonlySet<string> | undefined

function commonPasswords(): ReadonlySet<string> {
  if (list === undefined) {
    const common: typeof import('@zxcvbn-ts/language-common') = load('@zxcvbn-ts/language-common')
    list = new Set(common.dictionary['passwords-common'])
  }
  return list
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** `name` itself, or with up to three digits before or behind it. */
function isBarely(name: string, password: string): boolean {
  if (name === '') return false
  const rest = password.startsWith(name)
    ? password.slice(name.length)
    : password.endsWith(name)
      ? password.slice(0, -name.length)
      : null
  return rest !== null && /^[0-9]{0,3}$/.test(rest)
}

/**
 * True when the password is one of the most common ones, or no more than one of the user's own names. `context` holds
 * those: user name, e-mail address (its part before the `@` counts too). Letter case does not matter.
 */
export function isCommonPassword(password: string, context: readonly string[]): boolean {
  const folded = fold(password)
  const names = context.map(fold).flatMap((name) => [name, name.split('@', 1)[0] ?? ''])
  return names.some((name) => isBarely(name, folded)) || commonPasswords().has(folded)
}
