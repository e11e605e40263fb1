import type { KeyLabel, KeyTree } from '../crypto/key-tree.ts'
import { boxKeyId } from '../crypto/secret-box.ts'
import { CardeaError } from '../errors.ts'
import type { Origin } from '../types.ts'
import type { Census } from './admin-records.ts'
import type { Commit } from './commit.ts'
import type { Events } from './events.ts'
import type { Clock, Store } from './ports.ts'
import type { NewEpoch, SecretUse, Suspended } from './records.ts'
import { secretAdvice } from './signing-key-box.ts'

/** The installation as a whole: what a restored backup means for it. */
export interface Instance {
  /**
   * To be called once on a database that was restored: what was ended, used or revoked after the backup must not come
   * back to life. Sessions, one-time tokens and recovery codes are gone, keys and private tokens wait for `confirmKeys`.
   */
  beginEpoch(origin: Origin): Promise<NewEpoch>
  /** All keys and private tokens that wait are good again. */
  confirmKeys(origin: Origin): Promise<Suspended>
  suspended(): Promise<Suspended>
  census(): Promise<Census>
  /** Names of the migrations that were applied, in order. */
  migrations(): Promise<readonly string[]>
}

export interface InstanceDeps {
  readonly store: Store
  readonly clock: Clock
  readonly commit: Commit
  readonly events: Events
}

export function createInstance({ store, clock, commit, events }: InstanceDeps): Instance {
  return {
    beginEpoch: (origin) =>
      commit(async (tx) => {
        const begun = await tx.instance.beginEpoch(clock.now())
        await events.record({ kind: 'instance-restored', user: null, origin, data: { ...begun } }, tx)
        return begun
      }),
    confirmKeys: (origin) =>
      commit(async (tx) => {
        const confirmed = await tx.instance.confirmKeys(clock.now())
        if (confirmed.keys + confirmed.tokens > 0) {
          await events.record({ kind: 'keys-confirmed', user: null, origin, data: { ...confirmed } }, tx)
        }
        return confirmed
      }),
    suspended: () => store.instance.suspended(),
    census: () => store.instance.census(clock.now()),
    migrations: () => store.instance.migrations(),
  }
}

/** Things that hang on one root secret: which one says `state`. */
export interface RootUse {
  readonly what: SecretUse['what'] | 'signing-key'
  /** `missing`: no configured secret gives the key. */
  readonly state: 'current' | 'previous' | 'missing'
  readonly count: number
}

const labelsOf: Readonly<Record<RootUse['what'], readonly KeyLabel[]>> = {
  'signing-key': ['key-encryption'],
  'second-factor': ['key-encryption'],
  'api-key': ['key-pepper'],
  session: ['session', 'refresh'],
  'audit-event': ['audit'],
}

/** What is stored under the configured root secrets, and under none of them. Reads whole tables. */
export async function rootUses({
  store,
  clock,
  keyTree,
}: {
  readonly store: Pick<Store, 'instance' | 'signingKeys'>
  readonly clock: Clock
  readonly keyTree: KeyTree
}): Promise<readonly RootUse[]> {
  const keys = (await store.signingKeys.list()).filter(({ revokedAt }) => revokedAt === null)
  const uses = [
    ...keys.map(({ box }) => ({ what: 'signing-key' as const, keyId: boxKeyId(box) ?? '', count: 1 })),
    ...(await store.instance.secretUses(clock.now())),
  ]
  const sums = new Map<string, RootUse>()
  for (const { what, keyId, count } of uses) {
    const isCurrent = labelsOf[what].some((label) => keyTree.current(label).id === keyId)
    const isKnown = labelsOf[what].some((label) => keyTree.byId(label, keyId) !== null)
    const state = isCurrent ? 'current' : isKnown ? 'previous' : 'missing'
    const sum = sums.get(`${what} ${state}`)?.count ?? 0
    sums.set(`${what} ${state}`, { what, state, count: sum + count })
  }
  return [...sums.values()]
}

/**
 * Whoever wrote to the audit log last had a secret that is configured here: current, or a previous one. Throws
 * CardeaError `internal` that says what to do; otherwise a database whose secret was lost would be taken over by a new
 * one in silence.
 */
export async function demandFittingSecret(store: Pick<Store, 'instance'>, keyTree: KeyTree): Promise<void> {
  const id = await store.instance.newestAuditKey()
  if (id === null || keyTree.byId('audit', id) !== null) return
  throw new CardeaError('internal', {
    internal: `the configured secret is not the one that this database was used with. ${secretAdvice}`,
  })
}
