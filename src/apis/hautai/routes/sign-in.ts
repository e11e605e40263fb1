import { z } from '@hono/zod-openapi'
import type { FieldError } from '../../../errors.ts'
import { type Route, route } from '../../api.ts'
import { bodies, codeField, text } from '../../django/fields.ts'
import { texts } from '../../django/texts.ts'
import { refuseForeignForms } from '../../foreign.ts'
import { signInErrors } from '../../sign-in-errors.ts'
import { accountBody, SignedInBody } from '../wire.ts'

const identifier = text({ max: 254 })

/** `email` is a synonym of `username`: the documentation speaks of an e-mail address, and its examples of a user name. */
const Body = z.object({
  username: identifier.optional(),
  email: identifier.optional(),
  password: text({ max: 4096, exact: true }),
  code: codeField,
})

/** One of the two names has to be there; what else is missing is told with it. */
function refuse(body: unknown): FieldError | readonly FieldError[] | null {
  const other = bodies.refuse(body)
  if (other !== null) return other
  const { username, email, password } = body as Readonly<Record<string, unknown>>
  if (username !== undefined || email !== undefined) return null
  const missing = ['username', ...(password === undefined ? ['password'] : [])]
  return missing.map((field) => ({ field, message: texts.required }))
}

export const signInRoutes: readonly Route[] = [
  route('POST', '/api/v1/auth/login/', {
    tag: 'Haut.AI: sign-in',
    summary: 'Signs in with e-mail address (or user name) and password, and code where there is a second factor',
    takes: [],
    ...bodies,
    refuse,
    body: Body,
    answers: { 200: { description: 'Signed in; the access token lives one hour.', schema: SignedInBody } },
    errors: [...signInErrors, 'origin_refused'],
    run: async (call) => {
      refuseForeignForms(call)
      const { core, origin, body } = call
      const { username, email, password, code } = body
      const identifier = username ?? email ?? ''
      const wish = { identifier, password, ...(code === undefined ? {} : { code }) }
      const { user, factors } = await core.signIn.withPassword(wish, origin)
      const { token, refreshToken } = await core.sessions.open({ user, factors, origin, mode: 'token' })
      return {
        status: 200,
        body: { ...accountBody(user), token_access: token, access_token: token, refresh_token: refreshToken },
      }
    },
  }),
]
