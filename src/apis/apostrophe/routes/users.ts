import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import type { Principal, User } from '../../../types.ts'
import { type Call, type Route, route, synonym } from '../../api.ts'
import { demandOwnFactor } from '../../proof.ts'
import { answer, bodies, empty, everywhere, isYes } from '../door.ts'
import { refusal } from '../errors.ts'
import { pageNumbers, pageQuery, pagesOf } from '../pages.ts'
import { atLeast, isPersonHere, isRank, lend, rankOf, rankOfRole } from '../ranks.ts'
import { done, ok } from '../reply.ts'
import { longestTitle, readTitle, titleChange } from '../titles.ts'
import { UserBody, UserListBody, userBody } from '../wire.ts'

const path = '/api/v1/@apostrophecms/user'
const tag = 'ApostropheCMS: users'
const mostOnPage = 200
const people = { kind: 'person' } as const

type Admit = NonNullable<Route['admit']>

const mayRead = (principal: Principal): boolean => principal.scopes.has('users:read')
/** Only people who signed in here: no key makes somebody, or changes a password or an address. */
const mayWrite = (principal: Principal): boolean => isPersonHere(principal) && principal.scopes.has('users:write')

/** Who calls, with what this one call may do. Throws not_found for those for whom there is no such type. */
function lent({ core, principal }: Call): Principal {
  if (principal === null || !atLeast(rankOf(core, principal), 'contributor')) throw new CardeaError('not_found')
  return lend(core, principal, principal.user)
}

const looking: Admit = async (call) => lent(call)

/** `code`: what those are told who may not. */
const demanding =
  (may: (principal: Principal) => boolean, code: 'not_found' | 'beyond_own_rights'): Admit =>
  async (call) => {
    const principal = lent(call)
    if (!may(principal)) throw new CardeaError(code)
    return principal
  }

async function shown({ core }: Pick<Call, 'core'>, user: User, by: Principal) {
  return userBody(core, user, await readTitle(core, user), mayWrite(by))
}

async function named(call: Call<unknown, unknown, { id: string }>): Promise<User> {
  const user = await call.core.users.byPublicId(call.params.id)
  if (user === null || user.kind !== 'person') throw new CardeaError('not_found')
  return user
}

const title = z.string().trim().min(1).max(longestTitle).optional()
const email = z.union([z.string().max(254), z.null()]).optional()
const password = z.string().max(4096).optional()
const yesOrNo = z.unknown().optional().openapi({ description: '`true`, 1, or text that begins with t, y or 1.' })
const role = z.string().max(64)

const NewUser = z.object({
  title,
  username: z.string().min(1).max(254),
  email,
  password,
  role: role.optional(),
  disabled: yesOrNo,
})
const Patch = z.object({
  title,
  username: z.string().max(254).optional(),
  email,
  password,
  role: role.optional(),
  disabled: yesOrNo,
  resetTotp: yesOrNo,
})

const orNull = (text: string | null | undefined): string | null => (text === undefined || text === '' ? null : text)

const statusOf = (disabled: unknown): 'active' | 'disabled' => (isYes(disabled) ? 'disabled' : 'active')

function rankIn(text: string) {
  if (!isRank(text)) throw refusal('roleUnknown', 'role')
  return text
}

async function create(call: Call<z.infer<typeof NewUser>>) {
  const { core, origin, body } = call
  const by = call.caller()
  // Hashing is kept busy by nobody.
  if (orNull(body.password) !== null) await core.limits.address(origin)
  const user = await core.users.create(
    {
      ...people,
      username: body.username,
      email: orNull(body.email),
      password: orNull(body.password),
      // Roles of this contract are roles of the core, by the same names.
      role: rankIn(body.role ?? 'guest'),
      status: statusOf(body.disabled),
      ...(body.title === undefined ? {} : { profile: titleChange(body.title) }),
    },
    by,
    origin,
  )
  return ok(await shown(call, user, by))
}

async function change(call: Call<z.infer<typeof Patch>, unknown, { id: string }>) {
  const { core, origin, body } = call
  const by = call.caller()
  const user = await named(call)
  if (body.username !== undefined && body.username !== user.username) throw cannotChange('username')
  const wished = body.role === undefined ? undefined : rankIn(body.role)
  const status = body.disabled === undefined ? undefined : statusOf(body.disabled)
  // Clients send back what they read: the same address is no change.
  const wishedEmail = body.email === undefined ? undefined : orNull(body.email)
  const email = (wishedEmail?.trim().toLowerCase() ?? wishedEmail) === user.email ? undefined : wishedEmail
  const password = orNull(body.password)
  const isFactorLost = isYes(body.resetTotp) && user.hasFactor
  const isSelf = by.user?.id === user.id
  if (isSelf && (password !== null || email !== undefined))
    throw new CardeaError('beyond_own_rights', { internal: 'the own password and address need a proof' })
  if (isFactorLost) demandOwnFactor(by, user)
  const wish = {
    ...(email === undefined ? {} : { email }),
    ...(password === null ? {} : { password }),
    // A role that is called the same here may be another of the core: it stays.
    ...(wished === undefined || wished === rankOfRole(core, user.role) ? {} : { role: wished }),
    ...(status === undefined || (status === 'active') === (user.status === 'active') ? {} : { status }),
    ...(isFactorLost ? { resetFactor: true } : {}),
    ...(body.title === undefined ? {} : { profile: titleChange(body.title) }),
  } as const
  if (email !== undefined || password !== null) {
    // Hashing is kept busy by nobody, and what is no address or password at all costs nothing.
    core.users.checkChange(user, { ...(email && { email }), ...(password !== null && { password }) })
    await core.limits.address(origin)
  }
  return ok(await shown(call, await core.users.change(user.publicId, wish, by, origin), by))
}

function cannotChange(field: string): CardeaError {
  return new CardeaError('request_invalid', { fields: [{ field, message: 'cannot be changed here' }] })
}

const idParams = z.object({ id: z.string().max(254) })
const userAnswer = { 200: answer('The user.', UserBody) } as const

/** The users of the core, for administrators. There is one of each: no drafts, no locales. */
export function userRoutes(): readonly Route[] {
  const patch = route('PATCH', `${path}/:id`, {
    tag,
    summary: 'Changes a user; `resetTotp` takes a lost second factor off',
    ...everywhere,
    admit: demanding(mayWrite, 'not_found'),
    fresh: 'visitors',
    params: idParams,
    ...bodies,
    body: Patch,
    answers: userAnswer,
    errors: [
      'not_found',
      'email_taken',
      'password_refused',
      'beyond_own_rights',
      'factor_required',
      'last_admin',
      'rate_limited',
      'busy',
    ],
    run: change,
  })
  return [
    route('GET', path, {
      tag,
      summary: 'Users, newest first; an empty list for those who may not see them',
      ...everywhere,
      admit: looking,
      query: z.object({ ...pageQuery, search: z.string().max(254).optional() }),
      answers: { 200: answer('One page of them, or how many there are.', UserListBody) },
      errors: ['not_found'],
      run: async (call) => {
        const { core, query } = call
        const by = call.caller()
        const sees = mayRead(by)
        const { page, perPage, skip, countOnly } = pageNumbers(query, mostOnPage)
        const filter = { ...people, ...(query.search === undefined ? {} : { search: query.search }) }
        const slice = { offset: skip, limit: countOnly ? 0 : perPage, newestFirst: true }
        const { items, count } = sees ? await core.users.slice({ ...filter, ...slice }) : { items: [], count: 0 }
        if (countOnly) return ok({ count })
        const results = await Promise.all(items.map((user) => shown(call, user, by)))
        return ok({ pages: pagesOf(count, perPage), currentPage: page, results })
      },
    }),
    route('POST', path, {
      tag,
      summary: 'Makes a user',
      ...everywhere,
      admit: demanding(mayWrite, 'beyond_own_rights'),
      fresh: 'visitors',
      ...bodies,
      body: NewUser,
      answers: userAnswer,
      errors: [
        'not_found',
        'username_taken',
        'email_taken',
        'password_refused',
        'beyond_own_rights',
        'rate_limited',
        'busy',
      ],
      run: create,
    }),
    route('GET', `${path}/:id`, {
      tag,
      summary: 'One user',
      ...everywhere,
      admit: demanding(mayRead, 'not_found'),
      params: idParams,
      answers: userAnswer,
      errors: ['not_found'],
      run: async (call) => ok(await shown(call, await named(call), call.caller())),
    }),
    patch,
    synonym(patch, 'PUT'),
    route('DELETE', `${path}/:id`, {
      tag,
      summary: 'Deletes a user and everything of theirs',
      ...everywhere,
      admit: demanding(mayWrite, 'not_found'),
      fresh: 'visitors',
      params: idParams,
      answers: { 200: empty('Gone.') },
      errors: ['not_found', 'beyond_own_rights', 'last_admin'],
      run: async (call) => {
        await call.core.users.remove(await named(call), call.caller(), call.origin)
        return done
      },
    }),
  ]
}
