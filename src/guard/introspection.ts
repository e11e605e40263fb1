import { LRUCache } from 'lru-cache'
import { createSubjectCache } from '../core/subject-cache.ts'
import { parseApiKey } from '../crypto/api-key-format.ts'
import { decodeBase64url } from '../crypto/base64url.ts'
import { type JsonObject, parseJsonObject } from '../crypto/json-object.ts'
import { readHeader } from '../crypto/jwt.ts'
import { parseOpaque } from '../crypto/opaque-format.ts'
import type { Seconds } from '../types.ts'
import { principalOf } from './claims.ts'
import { askJson, type Fetch } from './http.ts'
import type { Sent, Shown } from './read.ts'
import { createTurns } from './turns.ts'
import type { Finding, GuardClock, GuardLog, Known, Soon } from './types.ts'

/** Asks Cardea what a credential is good for (RFC 7662), and remembers the answer for some seconds. */
export interface Introspection {
  /** `anew`: what is remembered does not count. */
  find(shown: Shown, anew?: boolean): Soon<Finding>
  /** Drops what depends on this subject; null: everything. */
  forget(subject: string | null): void
}

export interface IntrospectionDeps {
  readonly url: string
  /** The guard's own credential, as the header says it. */
  readonly authorization: string
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly fetch: Fetch
  readonly clock: GuardClock
  readonly log: GuardLog
  readonly timeoutMillis: number
  readonly cacheSeconds: Seconds
  readonly refusedCacheSeconds: Seconds
  readonly cacheSize: number
  /** Whether an answer may be remembered: what changed a moment ago may be told wrongly by a server that has not heard of it. */
  readonly isSettled: (subjects: readonly string[]) => boolean
}

interface Remembered extends Known {
  readonly until: number
}

const maxBytes = 64 * 1024
const pauseMillis = 5000

export function createIntrospection(deps: IntrospectionDeps): Introspection {
  const { url, fetch, clock, log, timeoutMillis, cacheSize } = deps
  const good = createSubjectCache<Remembered>({ max: cacheSize })
  // Apart, so that garbage drives nothing good out.
  const bad = new LRUCache<string, { readonly until: number }>({ max: cacheSize })
  /** Who asks the same joins, unless something changed since: the answer may be from before. */
  const running = new Map<string, { readonly asking: Promise<Finding>; readonly version: number }>()
  const turns = createTurns(clock)

  /** While Cardea is down each request fails: once in a while is said enough. */
  let toldAt = Number.NEGATIVE_INFINITY
  const tell = (error: unknown): void => {
    if (Math.abs(clock.now() - toldAt) < pauseMillis) return
    toldAt = clock.now()
    log.error({ url, reason: error instanceof Error ? error.message : 'unknown' }, 'introspection failed')
  }

  const ask = async (shown: Shown): Promise<Finding> => {
    const version = good.version()
    const now = clock.now()
    const { kind, key } = shown
    let answer: JsonObject
    try {
      const headers = { Authorization: deps.authorization, Accept: 'application/json' }
      const init = { method: 'POST', headers, body: new URLSearchParams({ token: shown.text }) }
      answer = await askJson(fetch, url, init, { timeoutMillis, maxBytes })
    } catch (error) {
      tell(error)
      return { ok: false, kind, code: 'unavailable', retryAfter: 1 }
    }
    const known = read(shown, answer)
    if (known === null) {
      good.drop(key)
      bad.set(key, { until: now + deps.refusedCacheSeconds * 1000 })
      return { ok: false, kind, code: 'credential_invalid' }
    }
    const { expiresAt, actor } = known.principal
    if (expiresAt !== null && clock.now() >= expiresAt) return { ok: false, kind, code: 'credential_expired' }
    // Whoever acts for somebody is asked about each time: what ends them is not all told.
    if (actor === null && deps.isSettled(known.subjects)) {
      const until = Math.min(now + deps.cacheSeconds * 1000, expiresAt ?? Number.POSITIVE_INFINITY)
      good.put(key, { ...known, until }, version)
    }
    return { ok: true, value: known }
  }

  /** Null: not good now, or not meant for this guard. */
  const read = (sent: Sent, answer: JsonObject): Known | null => {
    if (answer.active !== true || answer.kind !== sent.kind) return null
    if (answer.iss !== deps.issuer || ![deps.audience].flat().includes(String(answer.aud))) return null
    const found = principalOf(sent.kind, answer)
    if (found === null) return null
    const actors = found.principal.actor === null ? [] : [`user:${found.principal.actor}`]
    return { ...found, subjects: [`user:${answer.sub}`, ...actors, ...subjectsOf(sent, found.principal.sessionId)] }
  }

  return {
    find(shown, anew = false) {
      const { kind, key, address } = shown
      const now = clock.now()
      const known = good.get(key)
      if (!anew) {
        if (known !== null && isWithin(now, known.until, deps.cacheSeconds)) return { ok: true, value: known }
        const refused = bad.get(key)
        if (refused !== undefined && isWithin(now, refused.until, deps.refusedCacheSeconds))
          return { ok: false, kind, code: 'credential_invalid' }
      }
      const version = good.version()
      const asked = running.get(key)
      if (asked?.version === version) return asked.asking
      const turn = turns.begin({ address, wasGood: known !== null })
      if (typeof turn === 'string') return { ok: false, kind, code: turn, retryAfter: 1 }
      let isRefused = false
      const asking = ask(shown)
        .then((found) => {
          isRefused = !found.ok && found.code !== 'unavailable'
          return found
        })
        .finally(() => {
          turn.end(isRefused)
          if (running.get(key)?.asking === asking) running.delete(key)
        })
      running.set(key, { asking, version })
      return asking
    },
    forget(subject) {
      good.forget(subject)
      if (subject === null) bad.clear()
    },
  }
}

/** Not when the clock was set back either: then nothing is known of how old it is. */
const isWithin = (now: number, until: number, seconds: Seconds): boolean => now < until && until - now <= seconds * 1000

/** What the form of a credential says of whose changes end it. */
function subjectsOf({ kind, text }: Sent, sessionId: string | null): readonly string[] {
  switch (kind) {
    case 'api-key':
      return [`key:${parseApiKey(text)?.id}`]
    case 'bearer-token':
      return [`session:${parseOpaque(text)?.sessionId}`]
    case 'access-token':
    case 'private-token': {
      const payload = parseJsonObject(decodeBase64url(text.split('.')[1] ?? '') ?? new Uint8Array())
      const own = kind === 'private-token' ? [`token:${payload?.jti}`] : [`key:${payload?.sid}`]
      const sessions = sessionId === null ? [] : [`session:${sessionId}`]
      return [...own, ...sessions, `signing-key:${readHeader(text)?.kid}`]
    }
  }
}
