import { CardeaError } from '../errors.ts'
import type { Millis, Origin, Principal, Scope } from '../types.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Events } from './events.ts'
import type { Store } from './ports.ts'
import type { CoreSettings } from './settings.ts'

export interface ClientToken {
  readonly token: string
  readonly expiresAt: Millis
  readonly scopes: ReadonlySet<Scope>
}

export interface ClientCredentials {
  /**
   * RFC 6749, section 4.4: an access token for the holder of an API key. It carries the key's id as `sid`, dies with
   * the key and has no refresh token. `wished` null: all of the key's scopes. Throws scope_missing for more than those, request_invalid where scopes and
   * addresses of the key are too many for a token.
   */
  issue(by: Principal, wished: readonly Scope[] | null, origin: Origin): Promise<ClientToken>
}

export interface ClientCredentialsDeps {
  readonly store: Pick<Store, 'keys'>
  readonly settings: Pick<CoreSettings, 'accessTokenSeconds'>
  readonly accessTokens: AccessTokens
  readonly events: Events
}

/** Characters of scopes and addresses; with all else that a token says it stays below what anybody reads of one. */
const longestRights = 4800

export function createClientCredentials(deps: ClientCredentialsDeps): ClientCredentials {
  const { store, settings, accessTokens, events } = deps
  return {
    async issue(by, wished, origin) {
      const { user, keyId } = by
      // A token for a token would outlive what the key's owner sees in the list of keys.
      if (by.kind !== 'api-key' || user === null || keyId === null) {
        throw new CardeaError('credential_kind_refused', { kind: by.kind })
      }
      const missing = wished?.find((scope) => !by.scopes.has(scope))
      if (missing !== undefined) {
        throw new CardeaError('scope_missing', { kind: by.kind, extra: { oauth_error: 'invalid_scope' } })
      }
      const scopes = new Set(wished ?? by.scopes)
      const key = await store.keys.byId(keyId)
      if (key === null) throw new CardeaError('credential_revoked', { kind: by.kind })
      if (JSON.stringify([key.allowAddresses, ...scopes]).length > longestRights) {
        const message = 'does not fit into a token beside the addresses of the key: name fewer, or send the key itself'
        throw new CardeaError('request_invalid', { fields: [{ field: 'scope', message }] })
      }
      const issued = await accessTokens.issue({
        subject: user.publicId,
        sessionId: keyId,
        clientId: keyId,
        scopes,
        role: by.role,
        api: by.api,
        lifetimeSeconds: settings.accessTokenSeconds,
        allowAddresses: key.allowAddresses,
        ...(by.expiresAt !== null && { notAfter: by.expiresAt }),
      })
      await events.record({
        kind: 'client-token-issued',
        user: user.publicId,
        origin,
        actor: by,
        keyId,
        credential: 'api-key',
      })
      return { token: issued.token, expiresAt: issued.expiresAt, scopes }
    },
  }
}
