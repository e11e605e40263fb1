import { equalText } from '../crypto/compare.ts'
import { isCompactJws, jwtTypes, ownClientId, readHeader } from '../crypto/jwt.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { CardeaError } from '../errors.ts'
import type { CredentialKind, Origin } from '../types.ts'
import { type AccessTokensDeps, verifyOwn } from './access-tokens.ts'
import type { Commit } from './commit.ts'
import type { Events } from './events.ts'
import { readAnyToken } from './guard-read.ts'
import { apiKeyHash, type Keys } from './keys.ts'
import type { Store } from './ports.ts'
import type { SessionSecrets } from './session-secrets.ts'
import type { Sessions } from './sessions.ts'
import type { Tokens } from './tokens.ts'

export interface TokenRevocationDeps extends AccessTokensDeps {
  readonly store: Store
  readonly keyTree: KeyTree
  readonly commit: Commit
  readonly events: Events
  readonly secrets: SessionSecrets
  readonly keys: Pick<Keys, 'revoke'>
  readonly tokens: Pick<Tokens, 'revoke'>
}

/**
 * Ends what belongs to a token that the caller holds (RFC 7009, section 2.1). The token alone is proof enough: also that
 * of a disabled user, who would otherwise find it alive when he is let in again.
 */
export function createTokenRevocation(deps: TokenRevocationDeps): Sessions['revokeByToken'] {
  const { store, keyTree, commit, events, secrets, keys, tokens } = deps

  const endSession = (sessionId: string, credential: CredentialKind, origin: Origin): Promise<void> =>
    commit(async (tx) => {
      const found = await tx.sessions.withUser(sessionId)
      if (found === null || !(await tx.sessions.end(sessionId))) return
      // Nothing that an impersonator does passes for the user's own doing.
      const actorId = found.session.actor
      const kind = actorId === null ? 'sign-out' : 'impersonation-ended'
      await events.record({ kind, user: found.user.publicId, actorId, origin, sessionId, credential }, tx)
    })

  const revokeJwt = async (token: string, kind: 'access-token' | 'refresh-token', origin: Origin): Promise<void> => {
    const verdict = await verifyOwn(token, kind === 'access-token' ? 'access' : 'refresh', deps)
    if (!verdict.ok || typeof verdict.claims.sid !== 'string') return
    const { client_id: client, sid } = verdict.claims
    if (kind === 'access-token' && client !== ownClientId) throw new CardeaError('credential_kind_refused', { kind })
    await endSession(sid, kind, origin)
  }

  return async (token, origin) => {
    if (isCompactJws(token) && readHeader(token)?.typ === jwtTypes.refresh)
      return revokeJwt(token, 'refresh-token', origin)
    const read = readAnyToken(token)
    switch (read?.kind) {
      case 'access-token':
        return revokeJwt(read.token, 'access-token', origin)
      case 'private-token': {
        const verdict = await verifyOwn(read.token, 'private', deps)
        const found = verdict.ok ? await store.tokens.withUser(verdict.claims.jti) : null
        if (found !== null) await tokens.revoke(found.user, found.token.publicId, null, origin)
        return
      }
      case 'bearer-token': {
        const session = await store.sessions.byId(read.sessionId)
        if (session === null || !secrets.opaqueMatches(session, read.secret)) return
        return endSession(session.id, session.mode === 'cookie' ? 'session-cookie' : 'bearer-token', origin)
      }
      case 'refresh-token': {
        const session = await store.sessions.byId(read.parts.sessionId)
        if (session === null || !secrets.refreshMatches(session, read.parts)) return
        return endSession(session.id, 'refresh-token', origin)
      }
      case 'api-key': {
        const found = await store.keys.withUser(read.id)
        const pepper = found === null ? null : keyTree.byId('key-pepper', found.key.pepperId)
        if (found === null || pepper === null) return
        if (!equalText(apiKeyHash(pepper.bytes, read.id, read.secret), found.key.secretHash)) return
        return keys.revoke(found.user, read.id, null, origin)
      }
    }
  }
}
