import { equalText } from '../crypto/compare.ts'
import { hmac } from '../crypto/hash.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { uuidv4 } from '../crypto/random.ts'
import type { Origin, User } from '../types.ts'
import type { Places } from './places.ts'

/** Signed device cookies: they prove nothing but that this server drew the id. Whose place it is, the store knows. */
export interface Devices {
  /** A fresh device id with its signature, for a cookie: nobody's place yet. */
  issue(): string
  /** The id, when the signature is ours; null otherwise. */
  read(cookie: string): string | null
  /**
   * After a sign-in that succeeded: null when the device that came along is one of this user's; otherwise the value of
   * a new cookie, whose device is theirs from now on. A cookie that came along and is not theirs is replaced: whoever
   * planted it must not become a known place.
   */
  renew(user: User, origin: Origin): Promise<string | null>
}

export interface DevicesDeps {
  readonly keyTree: KeyTree
  readonly places: Pick<Places, 'isKnownDevice' | 'addDevice'>
}

export function createDevices({ keyTree, places }: DevicesDeps): Devices {
  const sign = (id: string, key: Uint8Array): string => hmac(key, id).toString('base64url')

  const cookieOf = (id: string) => `${id}.${sign(id, keyTree.current('device').bytes)}`

  return {
    issue: () => cookieOf(uuidv4()),
    read(cookie) {
      const [id = '', signature = '', more] = cookie.split('.')
      if (more !== undefined) return null
      return keyTree.all('device').some((key) => equalText(signature, sign(id, key.bytes))) ? id : null
    },
    async renew(user, { device }) {
      if (device !== undefined && (await places.isKnownDevice(user.id, device))) return null
      const id = uuidv4()
      await places.addDevice(user.id, id)
      return cookieOf(id)
    },
  }
}
