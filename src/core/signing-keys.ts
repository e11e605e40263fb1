import type { SigningKeyMaterial } from '../crypto/key-ring.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { CardeaError } from '../errors.ts'
import type { Millis, Principal, Seconds } from '../types.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { Commit } from './commit.ts'
import type { Events, EventWish } from './events.ts'
import type { Clock, Store } from './ports.ts'
import { type Json, type KeyUse, keyUses, type SigningKey } from './records.ts'
import type { CoreSettings } from './settings.ts'
import { createSigningKeyBoxes } from './signing-key-box.ts'
import { createSigningKeyRing, isAlive, signerOf } from './signing-key-ring.ts'

/** Who asked for a change of the keys, for the audit log. */
export interface SigningKeyChange {
  readonly origin: EventWish['origin']
  readonly actor?: Principal | null
}

export interface SigningKeys {
  /** The key that signs now. Made at the first call of a new installation. */
  current(use: KeyUse): Promise<SigningKeyMaterial>
  /** A key that verifies, by `kid`; from memory (reloaded on change), null when unknown, retired for good or revoked. */
  byKid(use: KeyUse, kid: string): Promise<SigningKeyMaterial | null>
  /** RFC 7517 set of the `access` keys: the current one, the next one, and old ones with tokens still alive. */
  jwks(): Promise<{ readonly keys: readonly object[] }>
  list(): Promise<readonly SigningKey[]>
  /** By use: which key signs now, and when the next one takes over. A use without a key yet is left out. */
  schedule(): Promise<readonly { readonly use: KeyUse; readonly kid: string; readonly nextAt: Millis }[]>
  /** Publishes the next key (or answers the one that waits already); with `now` a new one also signs at once. */
  rotate(use: KeyUse, now: boolean, by?: SigningKeyChange): Promise<SigningKey>
  /** Kills the key and all that it signed. Throws not_found. */
  revoke(kid: string, by?: SigningKeyChange): Promise<void>
  /** Scheduled work: publish ahead, switch over, retire, forget. */
  tend(): Promise<void>
  /** Seals private keys again under the current key-encryption key. Answers how many were changed. */
  rewrap(): Promise<number>
  /** The next use reads the keys again. Called by the change feed. */
  reload(): void
  /**
   * Opens every private key. CardeaError `internal` that names the missing key-encryption key and says what to do: the
   * server must not start with a secret that its own keys cannot be read with.
   */
  check(): Promise<void>
}

/** No door's access tokens live longer; signing keys verify at least this long after their retirement. */
export const maxAccessTokenSeconds: Seconds = 30 * 24 * 60 * 60

export interface SigningKeysDeps {
  readonly store: Store
  readonly clock: Clock
  readonly keyTree: KeyTree
  readonly feed: Pick<ChangeFeed, 'fresh'>
  readonly commit: Commit
  readonly events: Events
  readonly settings: Pick<CoreSettings, 'signing' | 'accessTokenSeconds' | 'privateTokenMaxSeconds' | 'session'>
}

const lockName = 'signing-keys'
const yearSeconds = 366 * 24 * 60 * 60
/** Other nodes' clocks may be a little behind: they sign with the old key that much longer. */
const skewSeconds = 300

export function createSigningKeys(deps: SigningKeysDeps): SigningKeys {
  const { store, clock, keyTree, feed, commit, events, settings } = deps
  const boxes = createSigningKeyBoxes({ keyTree })
  const ring = createSigningKeyRing({ store, clock, feed, boxes })
  const algorithm = settings.signing.algorithm

  /** The longest that anything signed with such a key can live. Generous: a setting may have been longer before. */
  const longestLife: Readonly<Record<KeyUse, Seconds>> = {
    access: Math.max(maxAccessTokenSeconds, settings.accessTokenSeconds),
    refresh: Math.max(maxAccessTokenSeconds, settings.session.absoluteSeconds),
    private: Math.max(yearSeconds, settings.privateTokenMaxSeconds),
  }

  const add = async (tx: Store, use: KeyUse, activeAt: Millis, by: SigningKeyChange): Promise<SigningKey> => {
    const key = await boxes.make(use, algorithm, clock.now(), activeAt)
    await tx.signingKeys.add(key)
    await events.record({ kind: 'signing-key-rotated', user: null, ...by, data: { kid: key.kid, use } }, tx)
    return key
  }

  const retire = (tx: Store, key: SigningKey, now: Millis): Promise<boolean> =>
    tx.signingKeys.retire(key.kid, now, now + (longestLife[key.use] + skewSeconds) * 1000)

  /** Retires all of a use but the one that signs now and those that wait. */
  const retireOthers = async (tx: Store, signer: SigningKey): Promise<void> => {
    const now = clock.now()
    for (const key of await tx.signingKeys.list()) {
      if (isInLine(key, signer.use) && key.kid !== signer.kid && key.activeAt <= now) await retire(tx, key, now)
    }
  }

  const makeFirst = (use: KeyUse): Promise<SigningKey> =>
    commit(async (tx) => {
      await tx.lock(lockName)
      const there = signerOf(await tx.signingKeys.list(), use, clock.now())
      return there ?? (await add(tx, use, clock.now(), byServer))
    })

  const tendUse = (use: KeyUse): Promise<void> =>
    commit(async (tx) => {
      await tx.lock(lockName)
      const now = clock.now()
      const rows = await tx.signingKeys.list()
      const signer = signerOf(rows, use, now)
      if (signer === null) return
      const waits = rows.some((key) => isInLine(key, use) && key.activeAt > signer.activeAt)
      const { rotateSeconds, publishAheadSeconds } = settings.signing
      const switchAt = signer.activeAt + rotateSeconds * 1000
      const ahead = publishAheadSeconds * 1000
      // Another algorithm was configured: the next key follows at once, published ahead like any other.
      if (!waits && (signer.alg !== algorithm || now >= switchAt - ahead)) {
        await add(tx, use, signer.alg === algorithm ? Math.max(switchAt, now + ahead) : now + ahead, byServer)
      }
      await retireOthers(tx, signer)
    })

  const isDue = (rows: readonly SigningKey[], use: KeyUse, now: Millis): boolean => {
    const mine = rows.filter((key) => isInLine(key, use))
    const signer = signerOf(rows, use, now)
    if (signer === null) return false
    const { rotateSeconds, publishAheadSeconds } = settings.signing
    const next = signer.alg !== algorithm || now >= signer.activeAt + (rotateSeconds - publishAheadSeconds) * 1000
    const waits = mine.some((key) => key.activeAt > signer.activeAt)
    return (next && !waits) || mine.some((key) => key.kid !== signer.kid && key.activeAt <= now)
  }

  return {
    async current(use) {
      const key = (await ring.signer(use)) ?? (await makeFirst(use))
      return ring.material(key)
    },
    async byKid(use, kid) {
      const key = await ring.verifier(use, kid)
      return key === null ? null : ring.material(key)
    },
    async jwks() {
      if ((await ring.signer('access')) === null) await makeFirst('access')
      const now = clock.now()
      const shown = (await ring.rows()).filter((key) => key.use === 'access' && isAlive(key, now))
      return { keys: shown.map((key) => publicMembers(key.publicJwk)) }
    },
    list: () => store.signingKeys.list(),
    async schedule() {
      const rows = await store.signingKeys.list()
      return keyUses.flatMap((use) => {
        const signer = signerOf(rows, use, clock.now())
        if (signer === null) return []
        const waiting = rows.filter((key) => isInLine(key, use) && key.activeAt > signer.activeAt)
        const planned = signer.activeAt + settings.signing.rotateSeconds * 1000
        const nextAt = waiting.length === 0 ? planned : Math.min(...waiting.map(({ activeAt }) => activeAt))
        return [{ use, kid: signer.kid, nextAt }]
      })
    },
    rotate: (use, atOnce, by = byServer) =>
      commit(async (tx) => {
        await tx.lock(lockName)
        const now = clock.now()
        if (atOnce) {
          const key = await add(tx, use, now, by)
          await retireOthers(tx, key)
          return key
        }
        const waiting = (await tx.signingKeys.list()).find((key) => isInLine(key, use) && key.activeAt > now)
        return waiting ?? (await add(tx, use, now + settings.signing.publishAheadSeconds * 1000, by))
      }),
    revoke: (kid, by = byServer) =>
      commit(async (tx) => {
        const now = clock.now()
        if (!(await tx.signingKeys.revoke(kid, now))) throw new CardeaError('not_found')
        // With an end it is forgotten like any other, once nothing that it signed could be alive.
        const key = (await tx.signingKeys.list()).find((each) => each.kid === kid)
        if (key !== undefined) await retire(tx, key, now)
        await events.record({ kind: 'signing-key-revoked', user: null, ...by, data: { kid } }, tx)
      }),
    async tend() {
      const now = clock.now()
      const rows = await store.signingKeys.list()
      // Asked without the lock first: nearly always there is nothing to do.
      for (const use of keyUses) if (isDue(rows, use, now)) await tendUse(use)
      await store.signingKeys.purge(now)
    },
    async rewrap() {
      return commit(async (tx) => {
        await tx.lock(lockName)
        let changed = 0
        for (const key of await tx.signingKeys.list()) {
          const box = boxes.resealed(key)
          if (box !== null && (await tx.signingKeys.replaceBox(key.kid, key.box, box))) changed += 1
        }
        if (changed > 0) {
          await events.record(
            { kind: 'secrets-rewrapped', user: null, origin: 'server', data: { signingKeys: changed } },
            tx,
          )
        }
        return changed
      })
    },
    reload: () => ring.reload(),
    async check() {
      for (const key of await ring.rows()) if (isAlive(key, clock.now())) await ring.material(key)
    },
  }
}

/** Signs now or will. */
const isInLine = (key: SigningKey, use: KeyUse): boolean =>
  key.use === use && key.revokedAt === null && key.retiredAt === null

const byServer: SigningKeyChange = { origin: 'server' }

/** Shown to everybody: only members of public keys pass, whatever the row holds. */
function publicMembers(jwk: Json): object {
  const shown = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use']
  return Object.fromEntries(Object.entries(jwk ?? {}).filter(([name]) => shown.includes(name)))
}
