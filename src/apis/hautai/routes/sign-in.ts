import { z } from '@hono/zod-openapi'
import { type Route, route } from '../../api.ts'
import { bodies, codeField, text } from '../../django/fields.ts'
import { accountBody, SignedInBody } from '../wire.ts'

const identifier = text({ max: 254 })

/** `email` is a synonym of `username`: the documentation speaks of an e-mail address, and its examples of a user name. */
const Body = z.object({
  username: identifier,
  email: identifier.optional(),
  password: text({ max: 4096, exact: true }),
  code: codeField,
})

/** The same body with the address under the name that is looked at. */
function underOneName(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const { username, email } = body as { readonly username?: unknown; readonly email?: unknown }
  return username === undefined && email !== undefined ? { ...body, username: email } : body
}

export const signInRoutes: readonly Route[] = [
  route('POST', '/api/v1/auth/login/', {
    tag: 'Haut.AI: sign-in',
    summary: 'Signs in with e-mail address (or user name) and password, and code where there is a second factor',
    takes: [],
    ...bodies,
    body: z.preprocess(underOneName, Body),
    answers: { 200: { description: 'Signed in; the access token lives one hour.', schema: SignedInBody } },
    errors: [
      'credentials_wrong',
      'factor_required',
      'factor_wrong',
      'account_pending',
      'account_disabled',
      'account_blocked',
      'rate_limited',
      'busy',
    ],
    run: async ({ core, origin, body }) => {
      const { username: identifier, password, code } = body
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
