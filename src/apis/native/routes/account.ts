import { z } from '@hono/zod-openapi'
import { type Call, type Route, route } from '../../api.ts'
import {
  codeField,
  EventBody,
  eventBody,
  exactlyOneOf,
  freshFields,
  identifierField,
  MeBody,
  oneTimeField,
  pageBody,
  pageOf,
  pageQuery,
  passwordField,
  principalBody,
  revokeKeys,
  UserBody,
  userBody,
} from '../wire.ts'
import { anyKind, anyKindOrPassword, created, defined, inSession, noContent, none, ok } from './common.ts'

const username = z.string().min(1, 'must not be empty').max(254, 'is too long').openapi({ example: 'alice' })
const email = z
  .string()
  .min(3, 'must be an e-mail address')
  .max(254, 'must not be longer than 254 characters')
  .openapi({ example: 'alice@example.com' })

const me = (call: Call) => {
  const caller = call.caller()
  return { user: userBody(call.user(), caller.scopes), credential: principalBody(caller) }
}

export const accountRoutes: readonly Route[] = [
  route('POST', '/auth/setup', {
    tag: 'Account',
    summary: 'Makes the first administrator with the code that the server printed',
    takes: none,
    body: z.strictObject({ code: oneTimeField, username, email: email.optional(), password: passwordField }),
    answers: created('The first administrator.', UserBody),
    errors: ['not_found', 'one_time_invalid', 'password_refused'],
    run: async (call) => {
      const { email, ...wish } = call.body
      const user = await call.core.users.setUp({ ...wish, email: email ?? null }, call.origin)
      return { status: 201, body: userBody(user, call.core.roles.scopesOfUser(user)) }
    },
  }),
  route('POST', '/auth/sign-up', {
    tag: 'Account',
    summary: 'Opens an account',
    takes: none,
    limit: 'mail',
    body: z.strictObject({
      username,
      email: email.optional(),
      password: passwordField,
      invitation: oneTimeField.optional(),
    }),
    answers: created(
      'The account. Where e-mail addresses are confirmed it is `pending` until the mailed link was used; the answer does not tell whether the address was known.',
      z.object({ username: z.string(), status: z.enum(['pending', 'active']) }).openapi('SignedUp'),
    ),
    errors: ['sign_up_closed', 'set_up_needed', 'username_taken', 'password_refused', 'one_time_invalid', 'busy'],
    run: async (call) => {
      const { email, ...wish } = call.body
      const { username, status } = await call.core.users.signUp({ ...defined(wish), email: email ?? null }, call.origin)
      return { status: 201, body: { username, status } }
    },
  }),
  route('GET', '/auth/me', {
    tag: 'Account',
    summary: 'Who the credential belongs to, and what it may do',
    takes: anyKindOrPassword,
    needs: 'account:read',
    answers: ok('The user and the credential.', MeBody),
    run: (call) => ({ status: 200, body: me(call) }),
  }),
  route('PATCH', '/auth/me', {
    tag: 'Account',
    summary: 'Changes the user name at once, or the e-mail address once the mailed link was used',
    takes: inSession,
    strictKinds: true,
    needs: 'account:write',
    fresh: 'all',
    body: z
      .strictObject({ username: username.optional(), email: email.optional(), ...freshFields })
      .refine(...exactlyOneOf('username', 'email')),
    answers: {
      ...ok('The account as it is now.', UserBody),
    },
    errors: ['username_taken', 'rate_limited'],
    run: async (call) => {
      const { users } = call.core
      const caller = call.caller()
      let user = call.user()
      if (call.body.username !== undefined) user = await users.changeUsername(user, call.body.username, call.origin)
      if (call.body.email !== undefined) {
        await call.core.limits.mail(call.origin)
        await users.requestEmailChange(user, call.body.email, call.origin)
      }
      return { status: 200, body: userBody(user, caller.scopes) }
    },
  }),
  route('DELETE', '/auth/me', {
    tag: 'Account',
    summary: 'Deletes the account and everything of it',
    takes: inSession,
    strictKinds: true,
    needs: 'account:write',
    fresh: 'all',
    body: z.strictObject(freshFields),
    answers: noContent('Gone.'),
    errors: ['last_admin'],
    run: async (call) => {
      await call.core.users.remove(call.user(), call.caller(), call.origin)
      return { status: 204 }
    },
  }),
  route('POST', '/auth/me/reauthenticate', {
    tag: 'Account',
    summary: 'Proves all factors again, so that changes of credentials are allowed for ten minutes',
    takes: inSession,
    strictKinds: true,
    body: z.strictObject({ password: passwordField, code: codeField.optional() }),
    answers: noContent('The session is fresh.'),
    errors: [
      'credentials_wrong',
      'factor_wrong',
      'factor_required',
      'reauthentication_required',
      'rate_limited',
      'busy',
    ],
    run: async (call) => {
      const caller = call.caller()
      const factors = await call.core.signIn.reprove(caller, defined(call.body), call.origin)
      if (caller.sessionId !== null) await call.core.sessions.reprove(caller.sessionId, factors)
      return { status: 204 }
    },
  }),
  route('POST', '/auth/me/password', {
    tag: 'Account',
    summary: 'Changes the password; all other sessions end',
    takes: inSession,
    strictKinds: true,
    needs: 'account:write',
    fresh: 'all',
    limit: 'address',
    body: z.strictObject({
      new_password: passwordField,
      revoke_keys: revokeKeys,
      ...freshFields,
    }),
    answers: noContent('Changed. This session stays.'),
    errors: ['password_refused'],
    run: async (call) => {
      await call.core.users.changePassword(call.user(), call.body.new_password, call.caller().sessionId, call.origin, {
        revokeKeys: call.body.revoke_keys,
      })
      return { status: 204 }
    },
  }),
  route('POST', '/auth/password/forgot', {
    tag: 'Account',
    summary: 'Mails a link to set a new password',
    takes: none,
    limit: 'mail',
    body: z.strictObject({ identifier: identifierField }),
    answers: {
      202: { description: 'If there is such an account with a proven e-mail address, the mail is on its way.' },
    },
    run: async (call) => {
      await call.core.users.forgotPassword(call.body.identifier, call.origin)
      return { status: 202 }
    },
  }),
  route('POST', '/auth/password/reset', {
    tag: 'Account',
    summary: 'Sets a new password with the token of the mailed link',
    takes: none,
    limit: 'address',
    body: z.strictObject({ token: oneTimeField, new_password: passwordField }),
    answers: noContent('Set. Sessions, keys and private tokens of the account are dead; the second factor stays.'),
    errors: ['one_time_invalid', 'password_refused', 'busy'],
    run: async (call) => {
      await call.core.users.resetPassword(call.body.token, call.body.new_password, call.origin)
      return { status: 204 }
    },
  }),
  route('POST', '/auth/email/confirm', {
    tag: 'Account',
    summary: 'Proves an e-mail address with the token of the mailed link',
    takes: none,
    body: z.strictObject({
      token: oneTimeField,
      password: passwordField.optional().openapi({
        description:
          'Of the account, so that nobody confirms what somebody else opened with their address. Needed where it has one.',
      }),
    }),
    answers: noContent('The address is proven.'),
    errors: [
      'one_time_invalid',
      'email_taken',
      'credentials_wrong',
      'account_disabled',
      'account_blocked',
      'rate_limited',
      'busy',
    ],
    run: async (call) => {
      await call.core.users.confirmEmail(call.body.token, call.body.password ?? null, call.origin)
      return { status: 204 }
    },
  }),
  route('POST', '/auth/email/undo', {
    tag: 'Account',
    summary: 'Takes a change of e-mail address back with the token that was mailed to the old one',
    takes: none,
    limit: 'address',
    body: z.strictObject({ token: oneTimeField }),
    answers: noContent('The old address is back. Sessions, keys and private tokens of the account are dead.'),
    errors: ['one_time_invalid', 'email_taken'],
    run: async (call) => {
      await call.core.users.undoEmailChange(call.body.token, call.origin)
      return { status: 204 }
    },
  }),
  route('GET', '/auth/me/events', {
    tag: 'Account',
    summary: 'What happened lately with this account, newest first',
    takes: anyKind,
    needs: 'account:read',
    query: pageQuery,
    answers: ok('Audit events about this account.', pageOf(EventBody, 'EventPage')),
    run: async (call) => {
      const page = await call.core.events.list({ user: call.user().publicId }, defined(call.query))
      return { status: 200, body: pageBody(page, eventBody) }
    },
  }),
]
