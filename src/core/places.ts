import { hmacHex } from '../crypto/hash.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import type { Origin } from '../types.ts'
import { addressGroup, isLoopbackAddress, isLoopbackHost } from './addresses.ts'
import type { Clock, Store } from './ports.ts'
import type { CoreSettings } from './settings.ts'

/** Where users signed in from before: their addresses and the devices that got a cookie at a sign-in of theirs. */
export interface Places {
  /** The place of this request that the user is known at, or null: a stranger. Names nobody in clear to the store. */
  knownAt(userId: number, origin: Origin): Promise<string | null>
  /**
   * From now on the address is a place of the user. A device is only seen again, never added here: its cookie may have
   * been planted in the browser by somebody who wants to be taken for the user.
   */
  remember(userId: number, origin: Origin): Promise<void>
  isKnownDevice(userId: number, device: string): Promise<boolean>
  /** For a device whose id was drawn for this very user. */
  addDevice(userId: number, device: string): Promise<void>
}

export interface PlacesDeps {
  readonly store: Pick<Store, 'devices'>
  readonly clock: Clock
  readonly keyTree: KeyTree
  readonly settings: Pick<CoreSettings, 'publicUrl'>
}

export function createPlaces({ store, clock, keyTree, settings }: PlacesDeps): Places {
  // On a public server a loopback address is a proxy that nobody configured: it stands for everybody.
  const loopbackIsPlace = isLoopbackHost(new URL(settings.publicUrl).hostname)

  const devicePlace = (device: string) => `device:${device}`
  const addressPlace = ({ address }: Origin): string | null =>
    isLoopbackAddress(address) && !loopbackIsPlace ? null : `address:${addressGroup(address)}`

  const hashOf = (key: { readonly bytes: Buffer }, place: string) => hmacHex(key.bytes, `place:${place}`)

  async function isKnown(userId: number, place: string): Promise<boolean> {
    for (const key of keyTree.all('device')) if (await store.devices.isKnown(userId, hashOf(key, place))) return true
    return false
  }
  const add = (userId: number, place: string) =>
    store.devices.remember(userId, hashOf(keyTree.current('device'), place), clock.now())

  const isKnownDevice = (userId: number, device: string) => isKnown(userId, devicePlace(device))

  return {
    async knownAt(userId, origin) {
      const device = origin.device === undefined ? null : devicePlace(origin.device)
      for (const place of [device, addressPlace(origin)]) {
        if (place !== null && (await isKnown(userId, place))) return place
      }
      return null
    },
    async remember(userId, origin) {
      const { device } = origin
      if (device !== undefined && (await isKnownDevice(userId, device))) await add(userId, devicePlace(device))
      const address = addressPlace(origin)
      if (address !== null) await add(userId, address)
    },
    isKnownDevice,
    addDevice: (userId, device) => add(userId, devicePlace(device)),
  }
}
