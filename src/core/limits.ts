import { hmacHex } from '../crypto/hash.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { CardeaError } from '../errors.ts'
import type { Origin } from '../types.ts'
import { addressGroup } from './addresses.ts'
import type { Clock, Store } from './ports.ts'
import type { LimitRule, LimitState } from './records.ts'
import type { CoreSettings } from './settings.ts'

export type LimitName = 'address' | 'user' | 'mail'

/** One counted password try. */
export interface Tried extends LimitState {
  /** The user signed in from this address or device before. */
  readonly known: boolean
  /** The password was right: the try does not count. */
  giveBack(): Promise<void>
}

export interface Limits {
  /** Counts one try by address (IPv6 by /64). Throws rate_limited with `retryAfter`. */
  address(origin: Origin): Promise<LimitState>
  mail(origin: Origin): Promise<LimitState>
  /** Counts one mail to somebody; false when they had their share. Never throws: that would tell who is known. */
  mailTo(email: string): Promise<boolean>
  /**
   * Counts one password try on a canonical identifier (known or not). Addresses and devices from which that user
   * signed in before have a counter of their own, so that strangers cannot lock the owner out. Throws rate_limited.
   * A known user has one counter whatever they are called by.
   */
  user(identifierKey: string, userId: number | null, origin: Origin): Promise<Tried>
  /** After a good sign-in: the address (and device) are known, what it consumed is given back. `addressTries`: 1. */
  succeeded(tried: Tried | null, userId: number, origin: Origin, addressTries?: number): Promise<void>
  giveBackAddress(origin: Origin): Promise<void>
  isKnown(userId: number, origin: Origin): Promise<boolean>
  /** From now on this address (and device) are places of the user. */
  remember(userId: number, origin: Origin): Promise<void>
  /** The user is gone: their counter goes, too. */
  forget(userId: number): Promise<void>
}

export interface LimitsDeps {
  readonly store: Pick<Store, 'limits' | 'devices'>
  readonly clock: Clock
  readonly keyTree: KeyTree
  readonly settings: Pick<CoreSettings, 'limits'>
}

export function createLimits({ store, clock, keyTree, settings }: LimitsDeps): Limits {
  const { enabled, address: addressRule, user: userRule, knownUser, mail: mailRule, strangers } = settings.limits

  /** What is counted by is somebody's address or name, so only an HMAC of it is kept. */
  const keyOf = (kind: string, text: string) => `${kind}:${hmacHex(keyTree.current('limit').bytes, `${kind}:${text}`)}`
  const free = (rule: LimitRule): LimitState => ({
    allowed: true,
    limit: rule.points,
    remaining: rule.points,
    resetSeconds: 0,
  })

  const consume = (key: string, rule: LimitRule) =>
    enabled ? store.limits.consume(key, rule) : Promise.resolve(free(rule))
  const giveBack = async (key: string, rule: LimitRule) => {
    if (enabled) await store.limits.giveBack(key, rule)
  }
  function refuse(name: string, state: LimitState): never {
    throw new CardeaError('rate_limited', {
      retryAfter: Math.max(1, state.resetSeconds),
      limit: state.limit,
      internal: `limit ${name}`,
    })
  }
  async function demand(name: string, key: string, rule: LimitRule): Promise<LimitState> {
    const state = await consume(key, rule)
    return state.allowed ? state : refuse(name, state)
  }

  const addressKey = (origin: Origin) => keyOf('address', addressGroup(origin.address))
  const userKey = (userId: number) => keyOf('user', String(userId))
  const strangersKey = keyOf('strangers', '')

  /** Texts that stand for the places a request comes from: its device, when it has one, and its address. */
  const placesOf = (origin: Origin) => [
    ...(origin.device === undefined ? [] : [`device:${origin.device}`]),
    `address:${addressGroup(origin.address)}`,
  ]
  const placeHash = (key: { readonly bytes: Buffer }, place: string) => hmacHex(key.bytes, `place:${place}`)

  async function knownPlace(userId: number, origin: Origin): Promise<string | null> {
    for (const place of placesOf(origin)) {
      for (const key of keyTree.all('device')) {
        if (await store.devices.isKnown(userId, placeHash(key, place))) return place
      }
    }
    return null
  }

  async function remember(userId: number, origin: Origin): Promise<void> {
    for (const place of placesOf(origin)) {
      await store.devices.remember(userId, placeHash(keyTree.current('device'), place), clock.now())
    }
  }

  const giveBackAddress = (origin: Origin) => giveBack(addressKey(origin), addressRule)

  return {
    address: (origin) => demand('address', addressKey(origin), addressRule),
    mail: (origin) => demand('mail', keyOf('mail', addressGroup(origin.address)), mailRule),
    mailTo: async (email) => (await consume(keyOf('mail-to', email), mailRule)).allowed,

    async user(identifierKey, userId, origin) {
      // Asked for unknown names as well: no time is saved that would tell them from known ones.
      const place = await knownPlace(userId ?? 0, origin)
      if (userId !== null && place !== null) {
        // Per place: whoever shares one place with the owner cannot lock the others.
        const key = keyOf('known', `${userId}:${place}`)
        const state = await demand('knownUser', key, knownUser)
        return { ...state, known: true, giveBack: () => giveBack(key, knownUser) }
      }
      const key = userId === null ? keyOf('name', identifierKey) : userKey(userId)
      const state = await demand('user', key, userRule)
      // Guesses spread over many addresses and many accounts stay below both limits above. What they have in common is
      // that they fail, and that none comes from a known place: so these share one budget. Tries that the limit of a
      // user refused do not touch it, or guessing at one account would shut all strangers out.
      const all = await consume(strangersKey, strangers)
      if (!all.allowed) {
        await giveBack(key, userRule)
        refuse('strangers', all)
      }
      return {
        ...state,
        known: false,
        async giveBack() {
          await giveBack(key, userRule)
          await giveBack(strangersKey, strangers)
        },
      }
    },

    async succeeded(tried, userId, origin, addressTries = 1) {
      await tried?.giveBack()
      for (let tries = 0; tries < addressTries; tries += 1) await giveBackAddress(origin)
      await remember(userId, origin)
    },
    giveBackAddress,
    isKnown: async (userId, origin) => (await knownPlace(userId, origin)) !== null,
    remember,
    async forget(userId) {
      if (enabled) await store.limits.reset(userKey(userId))
    },
  }
}
