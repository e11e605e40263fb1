import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import type { User } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import {
  EventBody,
  eventBody,
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
  SigningKeyBody,
  scopesField,
  signingKeyBody,
  timeField,
  UserBody,
  userBody,
} from '../wire.ts'
import { anyKind, created, defined, inSession, noContent, ok } from './common.ts'

const username = z.string().min(1, 'must not be empty').max(254, 'is too long')
const email = z.string().min(3, 'must be an e-mail address').max(254, 'must not be longer than 254 characters')
const role = z
  .string()
  .min(1, 'must not be empty')
  .max(64, 'must not be longer than 64 characters')
  .openapi({ example: 'user' })
const status = z.enum(['pending', 'active', 'disabled', 'blocked'], 'must be pending, active, disabled or blocked')
const kind = z.enum(['person', 'service'], 'must be person or service')

const body = (call: Call, user: User) => userBody(user, call.core.roles.scopesOfUser(user))

async function named(call: Call<unknown, unknown, { id: string }>): Promise<User> {
  const user = await call.core.users.byPublicId(call.params.id)
  if (user === null) throw new CardeaError('not_found')
  return user
}

export const adminRoutes: readonly Route[] = [
  route('GET', '/auth/admin/users', {
    tag: 'Administration',
    summary: 'Users, newest first',
    takes: anyKind,
    needs: 'users:read',
    query: pageQuery.extend({
      search: z.string().min(1).max(100).optional(),
      status: status.optional(),
      role: role.optional(),
      kind: kind.optional(),
    }),
    answers: ok('Users.', pageOf(UserBody, 'UserPage')),
    run: async (call) => ({
      status: 200,
      body: pageBody(await call.core.users.list(defined(call.query)), (user) => body(call, user)),
    }),
  }),
  route('POST', '/auth/admin/users', {
    tag: 'Administration',
    summary: 'Makes a person or a service user',
    takes: inSession,
    strictKinds: true,
    needs: 'users:write',
    fresh: 'all',
    body: z.strictObject({
      username,
      email: email.nullable().default(null),
      password: passwordField.nullable().default(null),
      role: role.default('user'),
      kind: kind.default('person'),
      granted_scopes: scopesField.optional(),
      ...freshFields,
    }),
    answers: created('The user. What an administrator sets counts as proven.', UserBody),
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
    tag: 'Administration',
    summary: 'One user',
    takes: anyKind,
    needs: 'users:read',
    params: idParams,
    answers: ok('The user.', UserBody),
    errors: ['not_found'],
    run: async (call) => ({ status: 200, body: body(call, await named(call)) }),
  }),
  route('PATCH', '/auth/admin/users/:id', {
    tag: 'Administration',
    summary: 'Changes one of role, status, e-mail, password and granted scopes',
    takes: inSession,
    strictKinds: true,
    needs: 'users:write',
    fresh: 'all',
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
    answers: ok('The user as it is now.', UserBody),
    errors: ['not_found', 'beyond_own_rights', 'last_admin', 'email_taken', 'password_refused'],
    run: async (call) => {
      const { id } = call.params
      const { users } = call.core
      const { role, status, email, password, granted_scopes: scopes } = call.body
      const by = call.caller()
      let user = await named(call)
      if (role !== undefined) user = await users.setRole(id, role, by, call.origin)
      if (scopes !== undefined) user = await users.setGrantedScopes(id, scopes, by, call.origin)
      if (email !== undefined) user = await users.setEmail(id, email, by, call.origin)
      if (password !== undefined) user = await users.setPassword(id, password, by, call.origin)
      if (status !== undefined) user = await users.setStatus(id, status, by, call.origin)
      return { status: 200, body: body(call, user) }
    },
  }),
  route('DELETE', '/auth/admin/users/:id', {
    tag: 'Administration',
    summary: 'Deletes a user and everything of theirs',
    takes: inSession,
    strictKinds: true,
    needs: 'users:write',
    fresh: 'all',
    params: idParams,
    body: z.strictObject(freshFields),
    answers: noContent('Gone.'),
    errors: ['not_found', 'beyond_own_rights', 'last_admin'],
    run: async (call) => {
      await call.core.users.remove(await named(call), call.caller(), call.origin)
      return { status: 204 }
    },
  }),
  route('DELETE', '/auth/admin/users/:id/mfa', {
    tag: 'Administration',
    summary: 'Takes a lost second factor off a user; their sessions end',
    takes: inSession,
    strictKinds: true,
    needs: 'users:write',
    fresh: 'all',
    params: idParams,
    body: z.strictObject(freshFields),
    answers: noContent('The user signs in with the password alone until enrolling again.'),
    errors: ['not_found', 'factor_missing', 'beyond_own_rights'],
    run: async (call) => {
      await call.core.users.resetFactor(call.params.id, call.caller(), call.origin)
      return { status: 204 }
    },
  }),
  route('POST', '/auth/admin/users/:id/keys', {
    tag: 'Administration',
    summary: 'Makes an API key for a service user',
    takes: inSession,
    strictKinds: true,
    needs: 'users:write',
    fresh: 'all',
    params: idParams,
    body: z.strictObject({
      name: nameField,
      scopes: scopesField.optional(),
      expires_at: timeField.nullable().optional(),
      ...freshFields,
    }),
    answers: created('Shown this once.', IssuedKeyBody),
    errors: ['not_found', 'beyond_own_rights'],
    run: async (call) => {
      const { name, scopes, expires_at: expiry } = call.body
      const wish = defined({ name, scopes, expiresAt: typeof expiry === 'string' ? millis(expiry) : expiry })
      const { record, secret, token } = await call.core.keys.issueFor(
        await named(call),
        wish,
        call.origin,
        call.caller(),
      )
      return { status: 201, body: { ...keyBody(record), secret, token } }
    },
  }),
  route('POST', '/auth/admin/invitations', {
    tag: 'Administration',
    summary: 'Mails an invitation to sign up',
    takes: inSession,
    strictKinds: true,
    needs: 'users:write',
    fresh: 'all',
    body: z.strictObject({ email, role: role.default('user'), ...freshFields }),
    answers: { 202: { description: 'The mail is on its way.' } },
    errors: ['beyond_own_rights', 'unavailable'],
    run: async (call) => {
      await call.core.users.invite({ email: call.body.email, role: call.body.role }, call.caller(), call.origin)
      return { status: 202 }
    },
  }),
  route('GET', '/auth/admin/events', {
    tag: 'Administration',
    summary: 'The audit log, newest first',
    takes: anyKind,
    needs: 'events:read',
    query: pageQuery.extend({
      user: z.string().max(64).optional(),
      kind: z.string().max(64).optional(),
      address: z.string().max(64).optional(),
      from: timeField.optional(),
      to: timeField.optional(),
    }),
    answers: ok('Audit events.', pageOf(EventBody, 'AuditPage')),
    run: async (call) => {
      const { limit, cursor, from, to, ...filter } = call.query
      const times = {
        from: from === undefined ? undefined : millis(from),
        to: to === undefined ? undefined : millis(to),
      }
      return {
        status: 200,
        body: pageBody(
          await call.core.events.list(defined({ ...filter, ...times }), defined({ limit, cursor })),
          eventBody,
        ),
      }
    },
  }),
  route('GET', '/auth/admin/signing-keys', {
    tag: 'Administration',
    summary: 'Signing keys: age, state, next rotation',
    takes: anyKind,
    needs: 'signing-keys:write',
    answers: ok(
      'Keys, without their private parts.',
      z.object({ items: z.array(SigningKeyBody) }).openapi('SigningKeys'),
    ),
    run: async (call) => ({ status: 200, body: { items: (await call.core.signingKeys.list()).map(signingKeyBody) } }),
  }),
  route('POST', '/auth/admin/signing-keys/rotate', {
    tag: 'Administration',
    summary: 'Publishes the next signing key; with `now` it also signs at once',
    takes: inSession,
    strictKinds: true,
    needs: 'signing-keys:write',
    fresh: 'all',
    body: z.strictObject({
      use: z.enum(['access', 'refresh', 'private'], 'must be access, refresh or private').default('access'),
      now: z.boolean('must be true or false').default(false),
      ...freshFields,
    }),
    answers: created('The next key.', SigningKeyBody),
    run: async (call) => ({
      status: 201,
      body: signingKeyBody(
        await call.core.signingKeys.rotate(call.body.use, call.body.now, { origin: call.origin, actor: call.caller() }),
      ),
    }),
  }),
]
