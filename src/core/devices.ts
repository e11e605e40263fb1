import { equalText } from '../crypto/compare.ts'
import { hmac } from '../crypto/hash.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { uuidv4 } from '../crypto/random.ts'

/** Signed device cookies: they prove nothing but that a sign-in from this browser succeeded before. */
export interface Devices {
  /** A fresh device id with its signature, for a cookie. */
  issue(): string
  /** The id, when the signature is ours; null otherwise. */
  read(cookie: string): string | null
}

export function createDevices({ keyTree }: { readonly keyTree: KeyTree }): Devices {
  const sign = (id: string, key: Uint8Array): string => hmac(key, id).toString('base64url')
  return {
    issue() {
      const id = uuidv4()
      return `${id}.${sign(id, keyTree.current('device').bytes)}`
    },
    read(cookie) {
      const [id = '', signature = '', more] = cookie.split('.')
      if (more !== undefined) return null
      return keyTree.all('device').some((key) => equalText(signature, sign(id, key.bytes))) ? id : null
    },
  }
}
