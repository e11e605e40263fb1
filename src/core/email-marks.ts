import { hmacHex } from '../crypto/hash.ts'
import type { KeyTree } from '../crypto/key-tree.ts'

/** A mark of an e-mail address that may be shown to others: 64 hex characters, the same for the same address, and no help in guessing it. */
export type EmailMark = (email: string) => string

export function createEmailMark(keyTree: KeyTree): EmailMark {
  return (email) => hmacHex(keyTree.current('email-mark').bytes, email)
}
