import type { Presented } from '../../src/core/guard.ts'
import type { CredentialKind, Origin, Principal, User } from '../../src/types.ts'
import type { TestCore } from './core.ts'
import { basic, bearer, cookie, key, openSession, origin, principalOf } from './people.ts'

/** One way to be known, for tests that hold for every kind. */
export interface CredentialCase {
  readonly name: string
  readonly kind: CredentialKind
  /** Issues it to the user. */
  issue(
    t: TestCore,
    user: User,
  ): Promise<{ readonly presented: Presented; readonly by: Principal; readonly endsAt: number }>
  /** Ends it; nobody else's credential. */
  revoke(t: TestCore, by: Principal, from?: Origin): Promise<void>
  /** What is answered afterwards. An opaque secret cannot be told from a wrong one when its session is gone. */
  readonly afterwards: 'credential_revoked' | 'credential_invalid'
}

const hour = 3_600_000

const endSession = (t: TestCore, by: Principal) => t.core.sessions.signOut(by, origin)

async function owner(t: TestCore, user: User): Promise<Principal> {
  return principalOf(t, bearer((await openSession(t, user)).token))
}

export const credentialCases: readonly CredentialCase[] = [
  {
    name: 'an access token',
    kind: 'access-token',
    async issue(t, user) {
      const opened = await openSession(t, user)
      const presented = bearer(opened.token)
      return { presented, by: await principalOf(t, presented), endsAt: opened.expiresAt }
    },
    revoke: endSession,
    afterwards: 'credential_revoked',
  },
  {
    name: 'an opaque bearer token',
    kind: 'bearer-token',
    async issue(t, user) {
      const opened = await openSession(t, user, { mode: 'bearer', lifetimeSeconds: 3600 })
      const presented = bearer(opened.token)
      return { presented, by: await principalOf(t, presented), endsAt: opened.expiresAt }
    },
    revoke: endSession,
    afterwards: 'credential_invalid',
  },
  {
    name: 'a session cookie',
    kind: 'session-cookie',
    async issue(t, user) {
      const opened = await openSession(t, user, { mode: 'cookie', lifetimeSeconds: 3600 })
      const presented = cookie(opened.token)
      return { presented, by: await principalOf(t, presented), endsAt: opened.expiresAt }
    },
    revoke: endSession,
    afterwards: 'credential_invalid',
  },
  {
    name: 'an API key in one string',
    kind: 'api-key',
    async issue(t, user) {
      const endsAt = t.clock.now() + hour
      const issued = await t.core.keys.issue(await owner(t, user), { name: 'one', expiresAt: endsAt }, origin)
      return { presented: key(issued.token), by: await principalOf(t, key(issued.token)), endsAt }
    },
    revoke: (t, by) => t.core.keys.revoke(by.user, by.keyId ?? '', by, origin),
    afterwards: 'credential_revoked',
  },
  {
    name: 'an API key as Basic',
    kind: 'api-key',
    async issue(t, user) {
      const endsAt = t.clock.now() + hour
      const issued = await t.core.keys.issue(await owner(t, user), { name: 'one', expiresAt: endsAt }, origin)
      const presented = basic(issued.record.id, issued.secret)
      return { presented, by: await principalOf(t, presented), endsAt }
    },
    revoke: (t, by) => t.core.keys.revoke(by.user, by.keyId ?? '', by, origin),
    afterwards: 'credential_revoked',
  },
  {
    name: 'a private token',
    kind: 'private-token',
    async issue(t, user) {
      const wish = { name: 'one', expiresAt: t.clock.now() + hour }
      const { token, record } = await t.core.tokens.issue(await owner(t, user), wish, origin)
      return { presented: bearer(token), by: await principalOf(t, bearer(token)), endsAt: record.expiresAt }
    },
    revoke: (t, by) => t.core.tokens.revoke(by.user, by.keyId ?? '', by, origin),
    afterwards: 'credential_revoked',
  },
  {
    name: 'a token that a key got for itself',
    kind: 'access-token',
    async issue(t, user) {
      const issued = await t.core.keys.issue(await owner(t, user), { name: 'one' }, origin)
      const { id } = issued.record
      const { scopes } = await principalOf(t, key(issued.token))
      const access = await t.core.accessTokens.issue({
        subject: user.publicId,
        sessionId: id,
        clientId: id,
        scopes,
        role: user.role,
        api: 'native',
        lifetimeSeconds: 3600,
      })
      const presented = bearer(access.token)
      return { presented, by: await principalOf(t, presented), endsAt: access.expiresAt }
    },
    revoke: (t, by) => t.core.keys.revoke(by.user, by.keyId ?? '', by, origin),
    afterwards: 'credential_revoked',
  },
]
