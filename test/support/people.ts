import assert from 'node:assert/strict'
import type { Presented } from '../../src/core/guard.ts'
import type { OpenedSession, OpenSession } from '../../src/core/sessions.ts'
import {
  type CredentialKind,
  credentialKinds,
  type Origin,
  type Principal,
  type RefusalCode,
  type User,
  type UserKind,
} from '../../src/types.ts'
import type { TestCore } from './core.ts'

export const origin: Origin = { api: 'native', address: '192.0.2.1', userAgent: 'test/1.0' }

export const goodPassword = 'violet anchor 93 lantern'

export interface TestUserWish {
  readonly username?: string
  readonly email?: string | null
  readonly password?: string | null
  readonly role?: string
  readonly kind?: UserKind
  readonly grantedScopes?: readonly string[]
}

/** An active user, as the command line makes one. */
export function makeUser({ core }: Pick<TestCore, 'core'>, wish: TestUserWish = {}): Promise<User> {
  const { username = 'alice', email = null, password = null, role = 'user', kind = 'person', grantedScopes } = wish
  const scopes = grantedScopes === undefined ? {} : { grantedScopes }
  return core.users.create({ username, email, password, role, kind, ...scopes }, null, origin)
}

export function openSession(
  { core }: Pick<TestCore, 'core'>,
  user: User,
  wish: Partial<OpenSession> = {},
): Promise<OpenedSession> {
  return core.sessions.open({ user, mode: 'token', factors: ['password'], origin, ...wish })
}

/** What a route that takes everything finds out. */
export function check(
  { core }: Pick<TestCore, 'core'>,
  presented: Presented,
  from: Origin = origin,
  accepts: readonly CredentialKind[] = credentialKinds,
) {
  return core.guard.authenticate([presented], accepts, from)
}

export async function principalOf(
  t: Pick<TestCore, 'core'>,
  presented: Presented,
  from: Origin = origin,
): Promise<Principal> {
  const verdict = await check(t, presented, from)
  assert.ok(verdict.ok, `refused: ${verdict.ok ? '' : verdict.code}`)
  return verdict.value
}

/** The code and kind of the refusal. */
export async function refusalOf(
  t: Pick<TestCore, 'core'>,
  presented: Presented,
  from: Origin = origin,
): Promise<readonly [RefusalCode, CredentialKind | undefined]> {
  const verdict = await check(t, presented, from)
  assert.ok(!verdict.ok, 'it was let in')
  return [verdict.code, verdict.kind]
}

export const bearer = (text: string): Presented => ({ via: 'bearer', text })
export const cookie = (text: string): Presented => ({ via: 'cookie', text })
export const key = (text: string): Presented => ({ via: 'key', text })
export const basic = (username: string, password: string): Presented => ({ via: 'basic', username, password })

/** A session of a fresh user and its principal: who makes keys and tokens in the tests. */
export async function signedIn(
  t: Pick<TestCore, 'core'>,
  wish: TestUserWish = {},
): Promise<{ readonly user: User; readonly by: Principal; readonly opened: OpenedSession }> {
  const user = await makeUser(t, wish)
  const opened = await openSession(t, user)
  return { user, opened, by: await principalOf(t, bearer(opened.token)) }
}
