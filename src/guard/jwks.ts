import type { JsonObject } from '../crypto/json-object.ts'
import { importSigningKey, type SigningKeyMaterial } from '../crypto/key-ring.ts'
import type { Seconds } from '../types.ts'
import { AskError, askJson, type Fetch } from './http.ts'
import type { GuardClock, GuardLog } from './types.ts'

/** The issuer's public keys (RFC 7517), in memory. */
export interface KeySet {
  /**
   * Null: the issuer has no such key. 'unknown': it could not be asked, and what is known is too old to say. A key that
   * is known is answered without waiting.
   */
  keyOf(kid: string): SigningKeyMaterial | Promise<SigningKeyMaterial | null | 'unknown'>
  /** Something changed there, all or the key that is named: asks again, now. */
  refresh(kid?: string): void
  /** This key changed, and what is known of it may be older: a cache on the way may keep an answer that long. */
  isDoubtful(kid: string): boolean
}

export interface KeySetDeps {
  readonly url: string
  readonly fetch: Fetch
  readonly clock: GuardClock
  readonly log: GuardLog
  readonly timeoutMillis: number
  /** How old keys may be before they are asked for again, beside the requests that use them. */
  readonly freshSeconds: Seconds
  /** How old keys may be that are still believed while the issuer does not answer. */
  readonly staleSeconds: Seconds
}

/** An unknown key makes us ask; whoever sends many must not make us ask often. */
const pauseMillis = 30_000
/** `max-age` of the issuer's answer. */
const cachedMillis = 300_000
const maxBytes = 256 * 1024
const maxKeys = 50

export function createKeySet(deps: KeySetDeps): KeySet {
  const { url, fetch, clock, log, timeoutMillis } = deps
  let keys: ReadonlyMap<string, SigningKeyMaterial> = new Map()
  /** When the last good answer was asked for; null: there is none. */
  let askedWell: number | null = null
  let asked: number | null = null
  let running: Promise<void> | null = null
  /** Keys that changed, and when that was heard. */
  const changed = new Map<string, number>()

  /** True too when the clock was set back: then nothing is known about how long ago it was. */
  const isOlder = (at: number | null, millis: number): boolean => {
    if (at === null) return true
    const age = clock.now() - at
    return age < 0 || age >= millis
  }

  const ask = (): Promise<void> => {
    running ??= (async () => {
      const now = clock.now()
      asked = now
      try {
        keys = await readKeys(await askJson(fetch, url, {}, { timeoutMillis, maxBytes }))
        askedWell = now
        for (const [kid, heardAt] of changed) if (now - heardAt >= cachedMillis) changed.delete(kid)
      } catch (error) {
        log.warn({ url, reason: error instanceof Error ? error.message : 'unknown' }, 'the public keys cannot be read')
      } finally {
        running = null
      }
    })()
    return running
  }

  const find = async (kid: string): Promise<SigningKeyMaterial | null | 'unknown'> => {
    if (isOlder(asked, pauseMillis) || running !== null) await ask()
    // The keys that we have count as long as they are not too old; that one is missing only while they are new.
    if (isOlder(askedWell, deps.staleSeconds * 1000)) return 'unknown'
    return keys.get(kid) ?? (isOlder(askedWell, deps.freshSeconds * 1000) ? 'unknown' : null)
  }

  return {
    keyOf(kid) {
      const known = keys.get(kid)
      if (known === undefined || isOlder(askedWell, deps.staleSeconds * 1000)) return find(kid)
      if (isOlder(askedWell, deps.freshSeconds * 1000) && isOlder(asked, pauseMillis)) void ask()
      return known
    },
    refresh(kid) {
      if (kid !== undefined) changed.set(kid, clock.now())
      // One that is running may have been answered from before the change.
      void (running === null ? ask() : running.then(ask))
    },
    isDoubtful: (kid) => changed.has(kid),
  }
}

/** Keys that are not ours to use are passed over; an answer without a list is none. */
async function readKeys(set: JsonObject): Promise<ReadonlyMap<string, SigningKeyMaterial>> {
  if (!Array.isArray(set.keys)) throw new AskError('the key set has no list of keys', null)
  const found = new Map<string, SigningKeyMaterial>()
  for (const jwk of set.keys.slice(0, maxKeys) as unknown[]) {
    const { alg, kid, use = 'sig' } = (typeof jwk === 'object' && jwk !== null ? jwk : {}) as JsonObject
    if (typeof alg !== 'string' || typeof kid !== 'string' || use !== 'sig') continue
    const key = await importSigningKey({ alg, kid, publicJwk: jwk }).catch(() => null)
    if (key !== null) found.set(kid, key)
  }
  return found
}
