import { sha256Base64 } from '../crypto/hash.ts'
import { createAccessTokenCheck } from './access-token.ts'
import { systemClock } from './clock.ts'
import { createFeed } from './feed.ts'
import { createIntrospection } from './introspection.ts'
import { createKeySet } from './jwks.ts'
import {
  authorizationOf,
  checkAudience,
  checkIssuer,
  checkNumber,
  type GuardOptions,
  standardError,
} from './options.ts'
import { only, permit, refused } from './permit.ts'
import { bareBearer, readRequest, type Shown } from './read.ts'
import { takes } from './rules.ts'
import { createSuspicion } from './suspicion.ts'
import {
  type Finding,
  type Guard,
  type GuardedRequest,
  type GuardKind,
  type GuardPrincipal,
  type GuardVerdict,
  guardKinds,
  type Rule,
  type Soon,
} from './types.ts'

/** A guard of a program elsewhere. `close` ends the feed, which else keeps the program alive. */
export interface RemoteGuard extends Guard {
  close(): void
}

/**
 * Knows callers without being Cardea: access tokens by its public keys, all else by asking. TypeError for options that are
 * wrong. Nothing is fetched before it is needed, but the feed is followed at once.
 */
export function createGuard(options: GuardOptions): RemoteGuard {
  const { fetch = globalThis.fetch, clock = systemClock, log = standardError } = options
  const issuer = checkIssuer(options.issuer)
  const audience = checkAudience(options.audience)
  const timeoutMillis = checkNumber('timeoutSeconds', options.timeoutSeconds ?? 3, 0.1, 60) * 1000
  const staleSeconds = checkNumber('staleKeysSeconds', options.staleKeysSeconds ?? 3600, 300, 86_400)
  const cacheSize = checkNumber('cacheSize', options.cacheSize ?? 10_000, 1, 10_000_000)
  const { introspect, feed: feedWish } = options
  if (feedWish !== undefined && introspect === undefined)
    throw new TypeError('createGuard: feed needs introspect: what changed is asked about')

  const common = { issuer, audience, fetch, clock, log, timeoutMillis, cacheSize }
  const suspicion = createSuspicion(clock)
  const keys = createKeySet({ ...common, url: `${issuer}/.well-known/jwks.json`, freshSeconds: 300, staleSeconds })
  const local = createAccessTokenCheck({ ...common, keys })
  const authorization = introspect === undefined ? '' : authorizationOf(introspect.key)
  const asked =
    introspect === undefined
      ? null
      : createIntrospection({
          ...common,
          url: `${issuer}/oauth/introspect`,
          authorization,
          cacheSeconds: checkNumber('introspect.cacheSeconds', introspect.cacheSeconds ?? 10, 0, 30),
          refusedCacheSeconds: checkNumber(
            'introspect.refusedCacheSeconds',
            introspect.refusedCacheSeconds ?? 10,
            0,
            60,
          ),
          isSettled: suspicion.isSettled,
        })
  const forget = (subject: string | null) => {
    local.forget(subject)
    asked?.forget(subject)
  }
  const feed =
    feedWish === undefined
      ? null
      : createFeed({
          ...common,
          url: `${issuer}/auth/changes`,
          authorization,
          silenceSeconds: checkNumber('feed.silenceSeconds', feedWish.silenceSeconds ?? 10, 2, 300),
          apply: {
            change(kind, id, at) {
              suspicion.mark(`${kind}:${id}`, at)
              forget(`${kind}:${id}`)
              if (kind === 'signing-key') keys.refresh(id)
            },
            reset(at) {
              suspicion.markAll(at)
              forget(null)
              keys.refresh()
            },
          },
        })
  const whenCut = feedWish?.whenCut ?? 'refuse'
  const able: readonly GuardKind[] = asked === null ? ['access-token'] : guardKinds

  const byToken = (shown: Shown): Soon<Finding> => {
    const found = local.find(shown.text, shown.key)
    return found instanceof Promise ? found.then((late) => doubt(shown, late)) : doubt(shown, found)
  }

  /**
   * A token that is older than a change of its user, session or key is asked about; so is one of an impersonator. Whoever
   * stole a signing key writes what age they like: all that a changed one signed is asked about.
   */
  const doubt = (shown: Shown, found: Awaited<ReturnType<typeof local.find>>): Soon<Finding> => {
    if (!found.ok || asked === null) return found
    const { value } = found
    const isDoubtful =
      value.principal.actor !== null || (feed !== null && (suspicion.isSuspect(value) || keys.isDoubtful(value.kid)))
    return isDoubtful ? asked.find(shown) : found
  }

  const find = (shown: Shown): Soon<Finding> => {
    if (shown.kind === 'access-token') return byToken(shown)
    return asked?.find(shown) ?? { ok: false, kind: shown.kind, code: 'credential_kind_refused' }
  }

  const findWhileCut = (shown: Shown): Soon<Finding> =>
    whenCut === 'ask' && asked !== null
      ? asked.find(shown, true)
      : { ok: false, kind: shown.kind, code: 'unavailable', retryAfter: 2 }

  const judge = (shown: Shown): Soon<Finding> => {
    const isLive = feed === null || feed.isLive()
    if (isLive === true) return find(shown)
    // At the start Cardea is waited for a moment.
    if (isLive === null)
      return feed?.begun.then(() => (feed.isLive() === true ? find(shown) : findWhileCut(shown))) ?? find(shown)
    return findWhileCut(shown)
  }

  /** A token that was verified before is known by its hash: to read it again would cost more than all else. */
  const recall = (request: GuardedRequest): Soon<Finding> | null => {
    const text = bareBearer(request)
    if (text === null) return null
    const key = sha256Base64(text)
    return local.has(key) ? judge({ kind: 'access-token', text, key, address: request.address ?? '' }) : null
  }

  const decide = (request: GuardedRequest, rule: Rule): Soon<GuardVerdict> | null => {
    const known = takes(rule, 'access-token') ? recall(request) : null
    if (known !== null)
      return known instanceof Promise ? known.then((late) => permit(late, rule, request)) : permit(known, rule, request)
    const sent = readRequest(request)
    if (sent === null) return null
    if ('refused' in sent) return refused(rule, { code: sent.refused, kind: sent.kind }, able)
    if (!takes(rule, sent.kind) || !able.includes(sent.kind))
      return refused(rule, { code: 'credential_kind_refused', kind: sent.kind }, able)
    const found = judge({ ...sent, key: sha256Base64(sent.text), address: request.address ?? '' })
    return found instanceof Promise ? found.then((late) => permit(late, rule, request)) : permit(found, rule, request)
  }

  return {
    check(request, ...rules) {
      const rule = only(rules)
      return decide(request, rule) ?? refused(rule, { code: 'credentials_missing' }, able)
    },
    checkOptional(request, ...rules): Soon<GuardVerdict<GuardPrincipal | null>> {
      return decide(request, only(rules)) ?? { ok: true, value: null }
    },
    close: () => feed?.close(),
  }
}
