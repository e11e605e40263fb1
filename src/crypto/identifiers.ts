import { domainToASCII } from 'node:url'
import { isUuid } from './random.ts'
import { isSingleScript } from './scripts.ts'

/** `message` says what is right, in words for the person who chose the name. */
export type UsernameVerdict =
  | {
      readonly ok: true
      /** As the person wrote it, in NFKC. */
      readonly display: string
      /** Unique among users. */
      readonly key: string
    }
  | { readonly ok: false; readonly message: string }

export type EmailVerdict =
  | { readonly ok: true; readonly email: string }
  | { readonly ok: false; readonly message: string }

export type IdentifierForm = 'email' | 'uuid' | 'digits' | 'username'

const maxUsername = 64
const maxEmail = 254

/** Control, format, surrogate, private-use and unassigned characters, and those that leave no trace on the screen. */
const invisible = /[\p{C}\p{Default_Ignorable_Code_Point}]/u

/** NFKC and lower-casing can each undo the other's work (RFC 8264, section 7), so they take turns until both rest. */
function foldName(text: string): string | null {
  let folded = text.normalize('NFKC')
  for (let turn = 0; turn < 8; turn += 1) {
    const next = folded.toLowerCase().normalize('NFKC')
    if (next === folded) return folded
    folded = next
  }
  return null
}

/** Rules in the order in which they are told; each looks at the name as shown and as compared. */
const usernameRules: readonly { readonly broken: (name: string) => boolean; readonly message: string }[] = [
  { broken: (name) => /\p{White_Space}/u.test(name), message: 'A user name has no blanks.' },
  { broken: (name) => invisible.test(name), message: 'A user name has visible characters only.' },
  { broken: (name) => name.includes('@'), message: 'A user name has no @.' },
  // RFC 7617, section 2: with Basic a colon ends the name. Slashes would split a path that holds it.
  { broken: (name) => /[:/\\]/.test(name), message: 'A user name has no colon and no slash.' },
  { broken: (name) => !/[\p{L}\p{N}]/u.test(name), message: 'A user name has at least one letter or digit.' },
  { broken: (name) => /^\p{Nd}+$/u.test(name), message: 'A user name is not made of digits only.' },
  { broken: isUuid, message: 'A user name does not have the form of a UUID.' },
  // UTS 39, section 5.4: piled up or leading accents are drawn over what stands around the name.
  { broken: (name) => /^\p{M}|\p{M}{5}/u.test(name), message: 'A user name has no accents on their own.' },
  { broken: (name) => !isSingleScript(name), message: 'A user name is written in one script.' },
]

/**
 * The canonical forms of a user name: what is shown, and what is compared and unique. Names are 1 to 64 characters of
 * one script, without blanks, `@`, colons, slashes and invisible characters, and cannot be taken for a number or a UUID.
 */
export function canonicalUsername(text: string): UsernameVerdict {
  const lengthMessage = `A user name has 1 to ${maxUsername} characters.`
  // NFKC joins at most three or four units to one character: a longer text cannot fit, and is not looked at.
  if (text.length === 0 || text.length > 4 * maxUsername) return { ok: false, message: lengthMessage }
  const display = text.normalize('NFKC')
  const key = foldName(text)
  if (key === null) return { ok: false, message: 'A user name keeps its form in lower case.' }
  if ([...display].length > maxUsername || [...key].length > maxUsername) return { ok: false, message: lengthMessage }
  for (const { broken, message } of usernameRules) {
    if ([display, key].some(broken)) return { ok: false, message }
  }
  return { ok: true, display, key }
}

// RFC 5321, section 4.1.2: Dot-string. Quoted local parts are refused: nobody has one, and they let commas and blanks
// into mail headers.
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
// domainToASCII follows the URL standard, which also undoes percent-encoding and reads numbers as addresses.
const domainInput = /^[\p{L}\p{M}\p{N}.\u3002\uff0e\uff61-]+$/u
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
// The last label is no number: that is an address, not a name.
const domainOutput = new RegExp(`^(?:localhost|(?:${label}\\.)+(?![0-9]+$)${label})$`)

/**
 * The canonical form of an e-mail address: without blanks around it, local part in lower-case ASCII, domain as A-label.
 * That mailbox names differ by letter case is possible (RFC 5321, section 2.4) and unheard of; that somebody takes the
 * upper-case twin of another's address is not.
 */
export function canonicalEmail(text: string): EmailVerdict {
  const wrong: EmailVerdict = { ok: false, message: 'An e-mail address looks like name@example.com.' }
  if (text.length > 4 * maxEmail || /\p{Cc}/u.test(text)) return wrong
  const [local = '', domain = '', ...more] = text.trim().split('@')
  if (more.length > 0 || !/^[\x21-\x7e]{1,64}$/.test(local) || !domainInput.test(domain)) return wrong
  const email = `${local.toLowerCase()}@${domainToASCII(domain)}`
  const [, ascii = ''] = email.split('@')
  if (!localPart.test(local.toLowerCase()) || ascii.length > 253 || !domainOutput.test(ascii)) return wrong
  if (email.length > maxEmail) return { ok: false, message: `An e-mail address has at most ${maxEmail} characters.` }
  return { ok: true, email }
}

/**
 * What kind of identifier somebody typed. The form alone decides and each form has one look-up, so that no name can
 * stand in for an address, an id or a number.
 */
export function identifierForm(text: string): IdentifierForm {
  if (text.includes('@')) return 'email'
  if (isUuid(text)) return 'uuid'
  return /^[0-9]+$/.test(text) ? 'digits' : 'username'
}
