import { z } from '@hono/zod-openapi'
import type { Core } from '../../core/cardea.ts'
import type { User } from '../../types.ts'
import { rankOfRole, ranks } from './ranks.ts'

/* What this contract answers, by the names and types that its clients read. */

/**
 * A failure. What is wrong with a key, a bearer token or a missing CSRF cookie has no `data`; that drafts are not for
 * the caller, where the query asks for them, has no `message` either.
 */
export const ErrorBody = z
  .union([
    z.object({ name: z.string(), data: z.record(z.string(), z.unknown()).optional(), message: z.string() }),
    z.strictObject({ name: z.literal('forbidden') }),
    z.object({ error: z.literal('invalid api key') }),
  ])
  .openapi('ApostropheError')

export const LoginBody = z
  .union([z.strictObject({ token: z.string() }), z.strictObject({ incompleteToken: z.string() }), z.strictObject({})])
  .openapi('ApostropheLogin')

export const WhoamiBody = z
  .union([
    z.strictObject({
      _id: z.string(),
      username: z.string(),
      title: z.string(),
      email: z.string().optional(),
    }),
    z.strictObject({ title: z.string() }),
  ])
  .openapi('ApostropheWhoami')

export const ContextBody = z
  .strictObject({
    env: z.string(),
    name: z.string(),
    version: z.string(),
    requirementProps: z.strictObject({}),
  })
  .openapi('ApostropheContext')

export const NothingBody = z.strictObject({}).openapi('ApostropheNothing')

const permission = z.literal(true).optional()

export const UserBody = z
  .strictObject({
    _id: z.string(),
    type: z.literal('@apostrophecms/user'),
    metaType: z.literal('doc'),
    slug: z.string(),
    title: z.string(),
    username: z.string(),
    email: z.string().optional(),
    role: z.enum(ranks),
    disabled: z.boolean(),
    archived: z.literal(false),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    _create: permission,
    _edit: permission,
    _publish: permission,
    _delete: permission,
  })
  .openapi('ApostropheUser')

/** Every right that a caller has on a user; none for those who may only look. */
export const allRights = { _create: true, _edit: true, _publish: true, _delete: true } as const

/** What administrators see of a user. Nothing that a password or code could be guessed from. */
export function userBody(
  core: Pick<Core, 'roles'>,
  user: User,
  title: string,
  mayWrite: boolean,
): z.infer<typeof UserBody> {
  return {
    _id: user.publicId,
    type: '@apostrophecms/user',
    metaType: 'doc',
    slug: `user-${user.username}`,
    title,
    username: user.username,
    ...(user.email === null ? {} : { email: user.email }),
    role: rankOfRole(core, user.role),
    disabled: user.status !== 'active',
    archived: false,
    createdAt: new Date(user.createdAt).toISOString(),
    updatedAt: new Date(user.updatedAt).toISOString(),
    ...(mayWrite ? allRights : {}),
  }
}

export const UserListBody = z
  .union([
    z.strictObject({ pages: z.int(), currentPage: z.int(), results: z.array(UserBody) }),
    z.strictObject({ count: z.int() }),
  ])
  .openapi('ApostropheUserList')
