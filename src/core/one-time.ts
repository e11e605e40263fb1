import { sha256Hex } from '../crypto/hash.ts'
import { hexToken, randomToken, uuidv4 } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import type { ApiName, Millis } from '../types.ts'
import type { Clock, Store } from './ports.ts'
import type { Json, OneTime, Purpose } from './records.ts'
import type { CoreSettings } from './settings.ts'

export interface OneTimeWish {
  readonly purpose: Purpose
  readonly userId: number | null
  readonly data: Json
  /** Older ones of the same purpose and user die. */
  readonly replace: boolean
  /** `uuid` for doors whose clients know mailed tokens as ids; default 256 bits as base64url. */
  readonly form?: 'token' | 'uuid'
  /** One of ours that has just been consumed for another purpose, for callers who keep one token through several steps. */
  readonly token?: string
}

export interface OneTimes {
  /** Issues a 256-bit token (base64url, 43 characters; set-up codes: 128 bits, ids: 122); only its hash is stored. */
  issue(wish: OneTimeWish): Promise<{ readonly token: string; readonly expiresAt: number }>
  peek(purpose: Purpose, token: string): Promise<OneTime | null>
  /** Exactly one caller gets it; everybody else `one_time_invalid`. */
  consume(purpose: Purpose, token: string): Promise<OneTime>
  /** Counts a try; at `max` the token dies. Answers the tries left, null when there is no such token. */
  fail(purpose: Purpose, token: string, max: number): Promise<number | null>
  drop(purpose: Purpose, userId: number | null, madeAfter?: Millis): Promise<void>
  /** The same, as part of a transaction. */
  on(tx: Store): OneTimes
}

type Lifetime = keyof CoreSettings['lifetimes']

const lifetimeOf = {
  'set-up': 'setUpCode',
  'confirm-email': 'confirmLink',
  'change-email': 'confirmLink',
  'undo-email': 'undoLink',
  'reset-password': 'resetLink',
  'sign-in-link': 'signInLink',
  'factor-ticket': 'factorTicket',
  'proven-ticket': 'factorTicket',
  invitation: 'invitation',
} as const satisfies Record<Purpose, Lifetime>

export interface OneTimesDeps {
  readonly store: Pick<Store, 'oneTime'>
  readonly clock: Clock
  readonly settings: Pick<CoreSettings, 'lifetimes'>
}

export function createOneTimes({ store, clock, settings }: OneTimesDeps): OneTimes {
  // A plain hash is enough: 122 random bits or more cannot be guessed from it.
  return {
    async issue({ purpose, userId, data, replace, form, token: same }) {
      const token = same ?? (purpose === 'set-up' ? hexToken(16) : form === 'uuid' ? uuidv4() : randomToken())
      const now = clock.now()
      const expiresAt = now + settings.lifetimes[lifetimeOf[purpose]] * 1000
      const row = { purpose, hash: sha256Hex(token), userId, data, createdAt: now, expiresAt, attempts: 0 }
      await store.oneTime.create(row, replace)
      return { token, expiresAt }
    },
    peek: (purpose, token) => store.oneTime.peek(purpose, sha256Hex(token), clock.now()),
    async consume(purpose, token) {
      const row = await store.oneTime.consume(purpose, sha256Hex(token), clock.now())
      if (row === null) throw new CardeaError('one_time_invalid')
      return row
    },
    fail: (purpose, token, max) => store.oneTime.fail(purpose, sha256Hex(token), max),
    drop: (purpose, userId, madeAfter) => store.oneTime.drop(purpose, userId, madeAfter),
    on: (tx) => createOneTimes({ store: tx, clock, settings }),
  }
}

function member(row: OneTime, name: string): Json | undefined {
  const { data } = row
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined
  return (data as { readonly [key: string]: Json })[name]
}

/** A text member of a one-time token's data. Its shape is ours; a row that lacks it counts as invalid. */
export function dataText(row: OneTime, name: string): string {
  const value = member(row, name)
  if (typeof value === 'string') return value
  throw new CardeaError('one_time_invalid', { internal: `one-time token of ${row.purpose} without ${name}` })
}

/** Whether a mailed token was mailed by this door. */
export function isMailedBy(row: OneTime, api: ApiName): boolean {
  return dataText(row, 'api') === api
}

/** The same for a member that may be null, and is there all the same. */
export function dataTextOrNull(row: OneTime, name: string): string | null {
  return member(row, name) === null ? null : dataText(row, name)
}
