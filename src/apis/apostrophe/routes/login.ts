import { z } from '@hono/zod-openapi'
import type { SignedIn } from '../../../core/sign-in.ts'
import type { FieldError } from '../../../errors.ts'
import type { Reply } from '../../../http/reply.ts'
import { type Call, type Route, route } from '../../api.ts'
import { refuseForeignForms } from '../../foreign.ts'
import { answer, bodies, type Door, everywhere, isCode, isYes, membersOf, textOf } from '../door.ts'
import { ok } from '../reply.ts'
import { LoginBody } from '../wire.ts'

export const tag = 'ApostropheCMS: signing in'

/** The real path, and the one that the documentation of its tokens had. */
export const loginPaths = ['/api/v1/@apostrophecms/login', '/api/v1/login'] as const

/** Texts come as numbers or as yes and no as well. */
const text = (max: number) => z.union([z.string().max(max), z.number(), z.boolean()])

export const Credentials = z.object({
  username: text(254).optional(),
  password: text(4096).optional(),
  incompleteToken: z.string().max(512).optional(),
  session: z.unknown().optional().openapi({ description: '`true`, 1, or text that begins with t, y or 1: a cookie.' }),
})

/** Before anything is looked up or counted. */
function bothRequired(body: unknown): FieldError | null {
  const { username, password, incompleteToken } = membersOf(body)
  if (incompleteToken !== undefined && incompleteToken !== '') return null
  const isThere = textOf(username).trim() !== '' && textOf(password) !== ''
  return isThere ? null : { field: 'body', message: 'bothRequired' }
}

/** All factors are proven: opens the session, always a new one. */
async function signedIn(call: Call, door: Door, { user, factors }: SignedIn, inCookie: boolean): Promise<Reply> {
  const { core, origin } = call
  const { tokenSeconds } = door.settings
  const mode = inCookie ? { mode: 'cookie' as const } : { mode: 'bearer' as const, lifetimeSeconds: tokenSeconds }
  const { token } = await core.sessions.open({ ...mode, user, factors, origin })
  if (!inCookie) return ok({ token })
  // What this browser had before is over; nothing that somebody planted there becomes a session.
  if (call.principal?.kind === 'session-cookie') await core.sessions.signOut(call.principal, origin)
  for (const cookie of door.cookies.signedIn(token)) call.setCookie(cookie)
  return ok({})
}

export const loginRoutes = (door: Door): readonly Route[] =>
  loginPaths.map((path) =>
    route('POST', `${path}/login`, {
      tag,
      summary: 'Signs in: a bearer token, or with `session` a cookie; finishes what `incompleteToken` began',
      ...everywhere,
      csrfFree: true,
      ...bodies,
      refuse: bothRequired,
      body: Credentials,
      answers: { 200: answer('Signed in, or what is missing for that.', LoginBody) },
      errors: [
        'origin_refused',
        'credentials_wrong',
        'account_disabled',
        'factor_required',
        'one_time_invalid',
        'rate_limited',
        'busy',
      ],
      run: async (call) => {
        const { core, origin, body } = call
        refuseForeignForms(call)
        const inCookie = isYes(body.session)
        if (inCookie) call.demandSameOrigin()
        const { incompleteToken } = body
        if (incompleteToken !== undefined && incompleteToken !== '')
          return signedIn(call, door, await core.signIn.withProvenTicket(incompleteToken, origin), inCookie)
        // The password counts exactly as it came.
        const wish = { identifier: textOf(body.username).trim(), password: textOf(body.password) }
        try {
          return await signedIn(call, door, await core.signIn.withPassword(wish, origin), inCookie)
        } catch (error) {
          if (!isCode(error, 'factor_required')) throw error
          return ok({ incompleteToken: error.detail.extra?.mfa_ticket })
        }
      },
    }),
  )
