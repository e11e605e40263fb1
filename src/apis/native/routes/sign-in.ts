import { z } from '@hono/zod-openapi'
import type { SignedIn } from '../../../core/sign-in.ts'
import type { Reply } from '../../../http/reply.ts'
import { type Call, type Route, route } from '../../api.ts'
import { signInErrors } from '../../sign-in-errors.ts'
import {
  codeField,
  identifierField,
  iso,
  oneTimeField,
  passwordField,
  SignedInBody,
  TokenPairBody,
  tokenPairBody,
  userBody,
} from '../wire.ts'
import { defined, inSession, noContent, none, ok, rememberDevice, sessionCookie } from './common.ts'

const mode = z.enum(['token', 'bearer', 'cookie'], 'must be token, bearer or cookie').default('token').openapi({
  description:
    '`token`: access and refresh token. `bearer`: one opaque token. `cookie`: a session cookie, for pages of this site.',
})

const signInCode = codeField.openapi({
  description:
    'Six digits of the authenticator app, or a recovery code, for accounts with a second factor. Without it the answer is `mfa_required` with an `mfa_ticket` for `POST /auth/sign-in/mfa`.',
})
const mfaTicket = oneTimeField.openapi({
  description: 'As answered with `mfa_required`. Good for ten minutes and five tries.',
})

const failures = [...signInErrors, 'origin_refused'] as const

type Mode = z.infer<typeof mode>

/** Proves who it is, then opens the session in the wished mode. Nothing of a session exists before the last factor. */
async function signIn(call: Call, wished: Mode, prove: (origin: Call['origin']) => Promise<SignedIn>): Promise<Reply> {
  if (wished === 'cookie') call.demandSameOrigin()
  const proven = await prove(call.origin)
  const opened = await call.core.sessions.open({ ...proven, mode: wished, origin: call.origin })
  await rememberDevice(call, opened.user)
  const has = call.core.roles.effective(opened.user, opened.session.ceiling, null)
  if (wished === 'token') return { status: 200, body: tokenPairBody(opened, has, call.core.clock.now()) }
  const user = userBody(opened.user, has)
  if (wished === 'bearer')
    return { status: 200, body: { token: opened.token, expires_at: iso(opened.expiresAt), user } }
  call.setCookie(sessionCookie(call.http, opened.token, Math.floor((opened.expiresAt - call.core.clock.now()) / 1000)))
  return { status: 200, body: { user } }
}

export const signInRoutes: readonly Route[] = [
  route('POST', '/auth/sign-in', {
    tag: 'Sign in',
    summary: 'Signs in with user name or e-mail address and password',
    takes: none,
    body: z.strictObject({ identifier: identifierField, password: passwordField, code: signInCode.optional(), mode }),
    answers: ok('Signed in; the answer depends on `mode`.', SignedInBody),
    errors: failures,
    run: (call) => {
      const { mode: wished, ...wish } = call.body
      return signIn(call, wished, (origin) => call.core.signIn.withPassword(defined(wish), origin))
    },
  }),
  route('POST', '/auth/sign-in/mfa', {
    tag: 'Sign in',
    summary: 'Finishes a sign-in with a TOTP or recovery code',
    takes: none,
    body: z.strictObject({ mfa_ticket: mfaTicket, code: codeField, mode }),
    answers: ok('Signed in; the answer depends on `mode`.', SignedInBody),
    errors: [...failures, 'one_time_invalid'],
    run: (call) =>
      signIn(call, call.body.mode, (origin) =>
        call.core.signIn.withTicket(call.body.mfa_ticket, call.body.code, origin),
      ),
  }),
  route('POST', '/auth/sign-in/link', {
    tag: 'Sign in',
    summary: 'Mails a sign-in link, or signs in with the token of one',
    takes: none,
    body: z.union(
      [z.strictObject({ identifier: identifierField }), z.strictObject({ token: oneTimeField, mode })],
      'must be {"identifier"} to ask for a link or {"token", "mode"?} to use one',
    ),
    answers: {
      ...ok('Signed in; the answer depends on `mode`.', SignedInBody),
      202: { description: 'If there is such an account with a proven e-mail address, the mail is on its way.' },
    },
    errors: [...failures, 'one_time_invalid'],
    run: async (call) => {
      const { body } = call
      if ('token' in body) return signIn(call, body.mode, (origin) => call.core.signIn.withLink(body.token, origin))
      await call.core.limits.mail(call.origin)
      await call.core.signIn.requestLink(body.identifier, call.origin)
      return { status: 202 }
    },
  }),
  route('POST', '/auth/refresh', {
    tag: 'Sign in',
    summary: 'Exchanges a refresh token for its successor and a new access token',
    takes: none,
    body: z.strictObject({
      refresh_token: z.string().min(1, 'must not be empty').max(4096, 'is longer than any token of ours'),
    }),
    answers: ok('The next pair. A repeat within 30 seconds answers the same successor.', TokenPairBody),
    errors: [
      'credential_malformed',
      'credential_invalid',
      'credential_expired',
      'credential_revoked',
      'refresh_reused',
      'account_disabled',
      'account_blocked',
    ],
    run: async (call) => {
      const opened = await call.core.sessions.refresh(call.body.refresh_token, call.origin)
      const has = call.core.roles.effective(opened.user, opened.session.ceiling, null)
      return { status: 200, body: tokenPairBody(opened, has, call.core.clock.now()) }
    },
  }),
  route('POST', '/auth/sign-out', {
    tag: 'Sign in',
    summary: 'Ends the session of the credential that is sent',
    takes: inSession,
    strictKinds: true,
    answers: noContent('The session and all its credentials are dead.'),
    run: async (call) => {
      const caller = call.caller()
      await call.core.sessions.signOut(caller, call.origin)
      if (caller.kind !== 'session-cookie') return { status: 204 }
      call.setCookie(sessionCookie(call.http, '', 0))
      return { status: 204, headers: { 'Clear-Site-Data': '"cookies", "storage"' } }
    },
  }),
]
