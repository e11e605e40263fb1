import { looksLikeApiKey } from '../crypto/api-key-format.ts'
import { hmacHex } from '../crypto/hash.ts'
import { isCompactJws } from '../crypto/jwt.ts'
import { parseOpaque } from '../crypto/opaque-format.ts'
import { isUuid, randomBytes } from '../crypto/random.ts'
import { parseRefreshToken } from '../crypto/refresh-format.ts'
import { CardeaError } from '../errors.ts'
import type { ApiName } from '../types.ts'
import type { Events } from './events.ts'
import type { LastUsed } from './last-used.ts'
import type { Store } from './ports.ts'
import type { Roles } from './roles.ts'
import type { CoreSettings, StaticKey } from './settings.ts'

/** Keys that stand in the configuration: a role without a user, good in the one API that declares them. */
export interface StaticKeys {
  readonly size: number
  find(text: string, api: ApiName): StaticKey | null
  /** Audits the first use ever of each. */
  flush(): Promise<void>
}

export interface StaticKeysDeps {
  readonly settings: Pick<CoreSettings, 'staticKeys'>
  readonly roles: Roles
  readonly store: Store
  readonly events: Events
  readonly lastUsed: LastUsed
}

/** CardeaError `internal` for a key that is empty, twice there, of an unknown role, or shaped like another kind. */
export function createStaticKeys({ settings, roles, store, events, lastUsed }: StaticKeysDeps): StaticKeys {
  // Found by an HMAC under a key that lives as long as the process: the time of a look-up tells nothing of the keys.
  const lookUpKey = randomBytes(32)
  const byHash = new Map<string, StaticKey>()
  const names = new Set<string>()
  const place = (text: string, api: ApiName) => hmacHex(lookUpKey, `${api}\0${text}`)

  for (const entry of settings.staticKeys) {
    const fail = (why: string): never => {
      throw new CardeaError('internal', { internal: `static key "${entry.name}" of ${entry.api}: ${why}` })
    }
    const hash = place(entry.key, entry.api)
    if (entry.key === '') fail('is empty')
    if (isShapedLikeAnother(entry.key)) fail('is shaped like another kind of credential')
    if (!roles.has(entry.role)) fail(`there is no role "${entry.role}"`)
    if (byHash.has(hash)) fail('is configured twice')
    if (names.has(entry.name)) fail('another one has this name')
    byHash.set(hash, entry)
    names.add(entry.name)
  }

  return {
    size: byHash.size,
    find: (text, api) => (byHash.size === 0 ? null : (byHash.get(place(text, api)) ?? null)),
    async flush() {
      await lastUsed.flush('static-key', async (batch) => {
        for (const { id, at } of batch) {
          const mark = `static-key-used:${id}`
          if ((await store.meta.get(mark)) !== null) continue
          await store.transaction(async (tx) => {
            const mine = `${at} ${hmacHex(randomBytes(32), id).slice(0, 16)}`
            // Of the nodes that flush side by side one sets the mark.
            if ((await tx.meta.setOnce(mark, mine)) !== mine) return
            await events.record(
              { kind: 'static-key-first-used', user: null, origin: 'server', keyId: id, credential: 'static-key' },
              tx,
            )
          })
        }
      })
    },
  }
}

function isShapedLikeAnother(key: string): boolean {
  const shapes = [looksLikeApiKey, isUuid, isCompactJws, (text: string) => parseRefreshToken(text) !== null]
  return shapes.some((matches) => matches(key)) || parseOpaque(key) !== null
}
