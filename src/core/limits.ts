import { hmacHex } from '../crypto/hash.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { CardeaError } from '../errors.ts'
import type { Origin } from '../types.ts'
import { addressGroup } from './addresses.ts'
import type { Places } from './places.ts'
import type { Store } from './ports.ts'
import type { LimitRule, LimitState, Purpose } from './records.ts'
import type { CoreSettings } from './settings.ts'

export type LimitName = 'address' | 'user' | 'mail'

/** One counted password try. */
export interface Tried extends LimitState {
  /** The user signed in from this address or device before. */
  readonly known: boolean
  /**
   * False: the tries of the user are spent, though those of the name that was typed are not. Nothing may be compared
   * then, and the answer is that of a wrong password: a refusal would tell that two names are one user's.
   */
  readonly mayCompare: boolean
  /** The counters that it was taken from. */
  readonly counted: readonly string[]
  /** The password was right: the try does not count. */
  giveBack(): Promise<void>
}

export interface Limits {
  /** Counts one try by address (IPv6 by /64). Throws rate_limited with `retryAfter`. */
  address(origin: Origin): Promise<LimitState>
  mail(origin: Origin): Promise<LimitState>
  /** Counts, by address, what costs the database more than what is answered. Throws rate_limited. */
  question(origin: Origin, points: number): Promise<void>
  /**
   * Counts one mail to somebody; false when they had their share. Each purpose has its own, and so have requests from
   * places where the recipient is `known`: strangers cannot use up the owner's. Never throws: that would tell who is
   * known.
   */
  mailTo(email: string, purpose: Purpose, known: boolean): Promise<boolean>
  /**
   * Counts one password try on a canonical identifier (known or not). Addresses and devices from which that user
   * signed in before have a counter of their own, so that strangers cannot lock the owner out. Throws rate_limited.
   * For strangers a user has one counter whatever they are called by, beside the one of each name that is typed.
   * `identifierKey` null: nobody typed a name, so that there is nothing to hide; then both are one.
   */
  user(identifierKey: string | null, userId: number | null, origin: Origin): Promise<Tried>
  /** After a good sign-in: the address is a known place, what it consumed is given back. `addressTries`: 1. */
  succeeded(tried: Tried | null, userId: number, origin: Origin, addressTries?: number): Promise<void>
  giveBackAddress(origin: Origin): Promise<void>
  isKnown(userId: number, origin: Origin): Promise<boolean>
  /** The same for what is mailed to the user: a page of another site is a stranger wherever it asks from. */
  isOwner(userId: number, origin: Origin): Promise<boolean>
  /** From now on this address is a place of the user. */
  remember(userId: number, origin: Origin): Promise<void>
  /** The user is gone: their counter goes, too. */
  forget(userId: number): Promise<void>
}

export interface LimitsDeps {
  readonly store: Pick<Store, 'limits'>
  readonly keyTree: KeyTree
  readonly places: Pick<Places, 'knownAt' | 'remember'>
  readonly settings: Pick<CoreSettings, 'limits'>
}

/** The part of the strangers' budget that one address may spend, so that it takes several to shut out all others. */
const strangersShare = 5

export function createLimits({ store, keyTree, places, settings }: LimitsDeps): Limits {
  const {
    enabled,
    address: addressRule,
    user: userRule,
    knownUser,
    mail: mailRule,
    questions,
    strangers,
  } = settings.limits
  const oneStranger: LimitRule = { ...strangers, points: Math.ceil(strangers.points / strangersShare) }

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
  const giveBack = async (...keys: readonly string[]) => {
    if (enabled) await store.limits.giveBack(keys)
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

  /**
   * Who an address stands for. Pages of other sites that make its browser ask have counters of their own: they cannot
   * use up what the visitor has. Whoever pretends to be such a page has these besides, and no more.
   */
  const asker = ({ address, foreign }: Origin) => `${addressGroup(address)}${foreign === true ? ' foreign' : ''}`
  const addressKey = (origin: Origin) => keyOf('address', asker(origin))
  const userKey = (userId: number) => keyOf('user', String(userId))
  const strangersKey = keyOf('strangers', '')

  const isKnown = async (userId: number, origin: Origin) => (await places.knownAt(userId, origin)) !== null
  const giveBackAddress = (origin: Origin) => giveBack(addressKey(origin))

  /** What one try takes of several counters: all of them or, when one is spent, none. */
  function createBill() {
    const paid: string[] = []
    const undo = () => giveBack(...paid)
    const take = async (key: string, rule: LimitRule): Promise<LimitState> => {
      const state = await consume(key, rule)
      if (state.allowed) paid.push(key)
      return state
    }
    return {
      paid,
      take,
      undo,
      async demand(name: string, key: string, rule: LimitRule): Promise<LimitState> {
        const state = await take(key, rule)
        if (state.allowed) return state
        await undo()
        return refuse(name, state)
      },
    }
  }

  /** A try from a place that the user never signed in from, or at a name that nobody has. */
  async function strangersTry(typed: string | null, userId: number | null, origin: Origin): Promise<Tried> {
    const bill = createBill()
    // First, so that an address which had its share takes nothing of what others need.
    await bill.demand('stranger', keyOf('stranger', asker(origin)), oneStranger)
    const name = typed === null ? null : await bill.demand('user', keyOf('name', typed), userRule)
    // A name that nobody has costs the same writes.
    const whose = userId === null ? keyOf('nobody', typed ?? '') : userKey(userId)
    const whole = name === null ? await bill.demand('user', whose, userRule) : await bill.take(whose, userRule)
    // Guesses spread over many addresses and many accounts stay below all limits above. What they have in common is
    // that they fail, and that none comes from a known place: so these share one budget. Tries that the limit of a
    // name refused do not touch it, or guessing at one account would shut all strangers out.
    await bill.demand('strangers', strangersKey, strangers)
    return { ...(name ?? whole), known: false, mayCompare: whole.allowed, counted: bill.paid, giveBack: bill.undo }
  }

  return {
    address: (origin) => demand('address', addressKey(origin), addressRule),
    mail: (origin) => demand('mail', keyOf('mail', asker(origin)), mailRule),
    async question(origin, points) {
      const key = keyOf('question', asker(origin))
      for (let point = 0; point < points; point += 1) await demand('questions', key, questions)
    },
    mailTo: async (email, purpose, known) => {
      const key = keyOf('mail-to', JSON.stringify([purpose, known, email]))
      return (await consume(key, mailRule)).allowed
    },

    async user(identifierKey, userId, origin) {
      // Asked for unknown names as well: no time is saved that would tell them from known ones.
      const place = await places.knownAt(userId ?? 0, origin)
      if (userId === null || place === null) return strangersTry(identifierKey, userId, origin)
      // Per place: whoever shares one place with the owner cannot lock the others.
      const key = keyOf('known', `${userId}:${place}${origin.foreign === true ? ' foreign' : ''}`)
      const state = await demand('knownUser', key, knownUser)
      return { ...state, known: true, mayCompare: true, counted: [key], giveBack: () => giveBack(key) }
    },

    async succeeded(tried, userId, origin, addressTries = 1) {
      const ofAddress = addressKey(origin)
      await giveBack(...(tried?.counted ?? []), ofAddress)
      for (let tries = 1; tries < addressTries; tries += 1) await giveBack(ofAddress)
      await places.remember(userId, origin)
    },
    giveBackAddress,
    isKnown,
    isOwner: async (userId, origin) => (await isKnown(userId, origin)) && origin.foreign !== true,
    remember: places.remember,
    async forget(userId) {
      if (enabled) await store.limits.reset(userKey(userId))
    },
  }
}
