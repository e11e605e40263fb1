import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Call, type Route, route } from '../../api.ts'
import { bodies, codeField, text } from '../../django/fields.ts'
import { refuseForeignForms } from '../../foreign.ts'
import { signInErrors } from '../../sign-in-errors.ts'
import { answer, type Door, mediaCookie, tokenShape } from '../door.ts'
import { renderTokenError } from '../errors.ts'
import { AccessToken, Nothing, TokenPair } from '../wire.ts'

const tag = 'LibrePhotos: tokens'
/** Nothing that is sent along counts: clients send the token that has just expired. */
const open = { tag, takes: [], ...bodies, renderError: renderTokenError } as const

const longestToken = 8192
const refreshBody = z.object({ refresh: text({ max: longestToken }) })

/**
 * The pair with which apps find out whether there is a server at an address, on every keystroke. No account can have that
 * password, so there is nothing to hash and nothing to count: the limits stay whole for the sign-in that follows.
 */
const isProbe = ({ username, password }: { username: string; password: string }): boolean =>
  username === 'test' && password === 'test'

const setsCookie = { 'Set-Cookie': 'The access token as `jwt`, for pictures, where the request may set it.' }

export function tokenRoutes(door: Door): readonly Route[] {
  const { settings } = door
  // Without any origin as well, as the contract's own server has it; never where every page may ask.
  const credentialed = settings.corsOrigins === '*' ? {} : { headers: { 'Access-Control-Allow-Credentials': 'true' } }
  const withCookie = (call: Call, access: string, body: object) => {
    call.setCookie(mediaCookie(door, access))
    return { status: 200, body, ...credentialed }
  }
  return [
    route('POST', '/api/auth/token/obtain/', {
      ...open,
      summary: 'Signs in with user name (or e-mail address) and password, and code where there is a second factor',
      body: z.object({
        username: text({ max: 254 }),
        password: text({ max: 4096, exact: true }),
        code: codeField,
      }),
      answers: { 200: { ...answer('A pair of tokens.', TokenPair), headers: setsCookie } },
      errors: [...signInErrors, 'origin_refused'],
      run: async (call) => {
        const { core, origin, body } = call
        refuseForeignForms(call)
        if (isProbe(body)) throw new CardeaError('credentials_wrong', { internal: 'an app looks for a server' })
        const { username: identifier, password, code } = body
        const wish = { identifier, password, ...(code === undefined ? {} : { code }) }
        const { user, factors } = await core.signIn.withPassword(wish, origin)
        const shape = await tokenShape(call, door, user)
        const opened = await core.sessions.open({
          ...shape,
          user,
          factors,
          origin,
          mode: 'token',
          refreshForm: 'jwt',
          sessionSeconds: settings.refreshSeconds,
        })
        return withCookie(call, opened.token, { refresh: opened.refreshToken, access: opened.token })
      },
    }),
    route('POST', '/api/auth/token/refresh/', {
      ...open,
      summary: 'Another access token; the refresh token stays as it is',
      body: refreshBody,
      answers: { 200: { ...answer('An access token.', AccessToken), headers: setsCookie } },
      errors: [
        'credential_malformed',
        'credential_invalid',
        'credential_expired',
        'credential_revoked',
        'credential_kind_refused',
        'account_disabled',
      ],
      run: async (call) => {
        const shape = (user: Parameters<typeof tokenShape>[2]) => tokenShape(call, door, user)
        const { token } = await call.core.sessions.renew(call.body.refresh, call.origin, shape)
        return withCookie(call, token, { access: token })
      },
    }),
    route('POST', '/api/auth/token/blacklist/', {
      ...open,
      summary: 'Signs out: ends the session of a refresh token; once more is fine',
      body: refreshBody,
      answers: { 200: answer('It is over.', Nothing) },
      errors: ['credential_malformed', 'credential_invalid', 'credential_expired', 'credential_kind_refused'],
      run: async (call) => {
        await call.core.sessions.retire(call.body.refresh, call.origin)
        call.setCookie(mediaCookie(door, ''))
        return { status: 200, body: {} }
      },
    }),
  ]
}
