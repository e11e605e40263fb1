import { z } from '@hono/zod-openapi'
import type { TokenShape } from '../../core/sessions.ts'
import type { Reply } from '../../http/reply.ts'
import type { Factor, User } from '../../types.ts'
import type { Answer, Call } from '../api.ts'
import { refusal } from './errors.ts'
import { noteInitial, type Profile, readProfile } from './profile.ts'
import { success } from './reply.ts'
import type { FreesewingSettings } from './settings.ts'
import { accountBody, SignedInBody, statusNumbers } from './wire.ts'

export interface Door {
  readonly settings: FreesewingSettings
  /** Public URL and prefix, without a trailing slash. */
  readonly base: string
}

/** How this contract's bodies come: JSON or a form, and what comes as anything else counts as nothing. */
export const bodies = { bodyType: ['json', 'form'], otherBodies: 'ignored' } as const

export const answer = (description: string, schema: z.ZodType): Answer => ({
  description,
  schema,
  type: 'application/json',
})
export const signedInAnswer = { 200: answer('Signed in.', SignedInBody) } as const
export const idParams = z.object({ id: z.string().max(254) })

/** The tokens of this door: what clients decode is what the account says. */
export function tokenShape(call: Pick<Call, 'core'>, { settings, base }: Door, user: User): TokenShape {
  const { core } = call
  return {
    lifetimeSeconds: settings.tokenSeconds,
    role: core.roles.faceOf(user.role).freesewing.role,
    audience: [core.settings.audience, `${base}/freesewing`],
    claims: { _id: user.id, username: user.username, status: statusNumbers[user.status] },
  }
}

/** All factors are proven: opens the session, which lives as long as its token. Throws accountBlocked. */
export async function signedIn(
  call: Call,
  door: Door,
  user: User,
  factors: readonly Factor[],
  known?: Profile,
): Promise<Reply> {
  const { core, origin } = call
  // A role of the operator's by this name shuts out, as it did.
  if (user.role === 'blocked') throw refusal('accountBlocked')
  const profile = await noteInitial(core, user, known ?? (await readProfile(core, user)))
  const shape = tokenShape(call, door, user)
  const { token } = await core.sessions.open({ ...shape, user, mode: 'token', refreshForm: 'none', factors, origin })
  const now: User = { ...user, lastSignInAt: core.clock.now() }
  return success({ token, account: accountBody(core, now, profile, null) })
}
