import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import type { User } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import {
  addressesField,
  exactlyOneOf,
  freshFields,
  IssuedKeyBody,
  idParams,
  keyBody,
  millis,
  nameField,
  pageBody,
  pageOf,
  pageQuery,
  passwordField,
  SessionBody,
  scopesField,
  sessionBody,
  timeField,
  UserBody,
  userBody,
} from '../wire.ts'
import { ManagedUserBody, managedUserBody, RolesBody } from '../wire-admin.ts'
import { changing, changingOne, looking } from './administration.ts'
import { created, defined, inSession, noContent, ok } from './common.ts'

const username = z.string().min(1, 'must not be empty').max(254, 'is too long')
const email = z.string().min(3, 'must be an e-mail address').max(254, 'must not be longer than 254 characters')
const role = z
  .string()
  .min(1, 'must not be empty')
  .max(64, 'must not be longer than 64 characters')
  .openapi({ example: 'user' })
const status = z.enum(['pending', 'active', 'disabled', 'blocked'], 'must be pending, active, disabled or blocked')
const kind = z.enum(['person', 'service'], 'must be person or service')

const body = (call: Call, user: User) => managedUserBody(user, call.core.roles.scopesOfUser(user))

async function named(call: Call<unknown, unknown, { id: string }>): Promise<User> {
  const user = await call.core.users.byPublicId(call.params.id)
  if (user === null) throw new CardeaError('not_found')
  return user
}

export const adminUserRoutes: readonly Route[] = [
  route('GET', '/auth/admin/users', {
    ...looking,
    summary: 'Users, newest first',
    query: pageQuery.extend({
      search: z.string().min(1).max(100).optional(),
      status: status.optional(),
      role: role.optional(),
      kind: kind.optional(),
    }),
    answers: ok('Users.', pageOf(ManagedUserBody, 'UserPage')),
    run: async (call) => ({
      status: 200,
      body: pageBody(await call.core.users.list(defined(call.query)), (user) => body(call, user)),
    }),
  }),
  route('POST', '/auth/admin/users', {
    ...changing,
    summary: 'Makes a person or a service user',
    body: z.strictObject({
      username,
      email: email.nullable().default(null),
      password: passwordField.nullable().default(null),
      role: role.default('user'),
      kind: kind.default('person'),
      granted_scopes: scopesField.optional(),
      ...freshFields,
    }),
    answers: created('The user. What an administrator sets counts as proven.', ManagedUserBody),
    errors: ['username_taken', 'email_taken', 'password_refused', 'beyond_own_rights'],
    run: async (call) => {
      const { granted_scopes: grantedScopes, username, email, password, role, kind } = call.body
      const user = await call.core.users.create(
        { username, email, password, role, kind, ...(grantedScopes === undefined ? {} : { grantedScopes }) },
        call.caller(),
        call.origin,
      )
      return { status: 201, body: body(call, user) }
    },
  }),
  route('GET', '/auth/admin/users/:id', {
    ...looking,
    summary: 'One user',
    params: idParams,
    answers: ok('The user.', ManagedUserBody),
    errors: ['not_found'],
    run: async (call) => ({ status: 200, body: body(call, await named(call)) }),
  }),
  route('PATCH', '/auth/admin/users/:id', {
    ...changing,
    summary: 'Changes one of role, status, e-mail, password and granted scopes',
    params: idParams,
    body: z
      .strictObject({
        role: role.optional(),
        status: status.optional(),
        email: email.nullable().optional(),
        password: passwordField.optional(),
        granted_scopes: scopesField.optional(),
        ...freshFields,
      })
      .refine(...exactlyOneOf('role', 'status', 'email', 'password', 'granted_scopes')),
    answers: ok('The user as it is now.', ManagedUserBody),
    errors: ['not_found', 'beyond_own_rights', 'last_admin', 'email_taken', 'password_refused'],
    run: async (call) => {
      const { role, status, email, password, granted_scopes: grantedScopes } = call.body
      const { publicId } = await named(call)
      const wish = defined({ role, status, email, password, grantedScopes })
      const user = await call.core.users.change(publicId, wish, call.caller(), call.origin)
      return { status: 200, body: body(call, user) }
    },
  }),
  route('DELETE', '/auth/admin/users/:id', {
    ...changingOne,
    summary: 'Deletes a user and everything of theirs',
    answers: noContent('Gone.'),
    errors: ['not_found', 'beyond_own_rights', 'last_admin'],
    run: async (call) => {
      await call.core.users.remove(await named(call), call.caller(), call.origin)
      return { status: 204 }
    },
  }),
  route('DELETE', '/auth/admin/users/:id/mfa', {
    ...changingOne,
    summary: 'Takes a lost second factor off a user; their sessions end',
    answers: noContent('The user signs in with the password alone until enrolling again.'),
    errors: ['not_found', 'factor_missing', 'beyond_own_rights'],
    run: async (call) => {
      await call.core.users.resetFactor(call.params.id, call.caller(), call.origin)
      return { status: 204 }
    },
  }),
  route('POST', '/auth/admin/users/:id/keys', {
    ...changing,
    summary: 'Makes an API key for a service user',
    params: idParams,
    body: z.strictObject({
      name: nameField,
      scopes: scopesField.optional(),
      expires_at: timeField.nullable().optional(),
      allow_addresses: addressesField.optional(),
      ...freshFields,
    }),
    answers: created('Shown this once.', IssuedKeyBody),
    errors: ['not_found', 'beyond_own_rights'],
    run: async (call) => {
      const { name, scopes, expires_at: expiry, allow_addresses: allowAddresses } = call.body
      const expiresAt = typeof expiry === 'string' ? millis(expiry) : expiry
      const wish = defined({ name, scopes, expiresAt, allowAddresses })
      const { record, secret, token } = await call.core.keys.issueFor(
        await named(call),
        wish,
        call.origin,
        call.caller(),
      )
      return { status: 201, body: { ...keyBody(record), secret, token } }
    },
  }),
  route('GET', '/auth/admin/users/:id/sessions', {
    ...looking,
    summary: 'The sessions of a user, newest first',
    params: idParams,
    query: pageQuery,
    answers: ok('Live sessions.', pageOf(SessionBody, 'UserSessionPage')),
    errors: ['not_found'],
    run: async (call) => {
      const page = await call.core.sessions.list(await named(call), defined(call.query))
      return { status: 200, body: pageBody(page, (session) => sessionBody(session, call.caller().sessionId)) }
    },
  }),
  route('DELETE', '/auth/admin/users/:id/sessions', {
    ...changingOne,
    summary: 'Ends all sessions of a user',
    answers: ok('How many were ended.', z.object({ ended: z.int() }).openapi('UserSessionsEnded')),
    errors: ['not_found', 'beyond_own_rights'],
    run: async (call) => {
      const ended = await call.core.users.endSessions(call.params.id, call.caller(), call.origin)
      return { status: 200, body: { ended } }
    },
  }),
  route('POST', '/auth/admin/users/:id/password-reset', {
    ...changingOne,
    summary: 'Mails a user a link to set a new password',
    answers: { 202: { description: 'The mail is on its way. The old password stays until the link is used.' } },
    errors: ['not_found', 'beyond_own_rights', 'conflict', 'unavailable'],
    run: async (call) => {
      await call.core.users.sendReset(call.params.id, call.caller(), call.origin)
      return { status: 202 }
    },
  }),
  route('POST', '/auth/admin/users/:id/impersonate', {
    tag: 'Administration',
    summary: 'Opens a session in the name of a user with fewer rights, for 15 minutes; they are told by mail',
    takes: inSession,
    strictKinds: true,
    needs: 'impersonate',
    fresh: 'all',
    params: idParams,
    body: z.strictObject(freshFields),
    answers: created(
      'An access token without a refresh token. It changes no credentials; `POST /auth/sign-out` with it ends it.',
      z
        .object({
          access_token: z.string(),
          token_type: z.literal('Bearer'),
          expires_in: z.int(),
          session_id: z.uuid(),
          user: UserBody,
        })
        .openapi('Impersonation'),
    ),
    errors: ['not_found', 'beyond_own_rights', 'factor_required'],
    run: async (call) => {
      const { core } = call
      const opened = await core.impersonate(call.caller(), call.params.id, call.origin)
      const has = core.roles.effective(opened.user, opened.session.ceiling, null)
      return {
        status: 201,
        body: {
          access_token: opened.token,
          token_type: 'Bearer',
          expires_in: Math.round((opened.expiresAt - core.clock.now()) / 1000),
          session_id: opened.session.id,
          user: userBody(opened.user, has),
        },
      }
    },
  }),
  route('GET', '/auth/admin/roles', {
    ...looking,
    summary: 'The roles, and the scopes of each',
    answers: ok('Roles.', RolesBody),
    run: (call) => {
      const { roles } = call.core
      const items = roles.names.map((name) => ({ name, scopes: [...roles.scopesOf(name)].sort() }))
      return { status: 200, body: { items, scopes: [...roles.allScopes].sort() } }
    },
  }),
  route('POST', '/auth/admin/invitations', {
    ...changing,
    summary: 'Mails an invitation to sign up',
    body: z.strictObject({ email, role: role.default('user'), ...freshFields }),
    answers: { 202: { description: 'The mail is on its way.' } },
    errors: ['beyond_own_rights', 'unavailable'],
    run: async (call) => {
      await call.core.users.invite({ email: call.body.email, role: call.body.role }, call.caller(), call.origin)
      return { status: 202 }
    },
  }),
]
