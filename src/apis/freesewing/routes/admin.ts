import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import type { Principal, User, UserStatus } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import { demandOwnFactor } from '../../proof.ts'
import { atLevel, bothWays, callerOf, jwtOnly } from '../callers.ts'
import { answer, bodies, type Door, idParams, tokenShape } from '../door.ts'
import { refusal } from '../errors.ts'
import { highestLevel, isPerson } from '../levels.ts'
import { readProfile } from '../profile.ts'
import { success } from '../reply.ts'
import { AccountBody, accountBody, SignedInBody, statusNumbers, successBody } from '../wire.ts'

const tag = 'FreeSewing: administration'
const admit = atLevel(highestLevel)
const mostFound = 100
/** Roles that this contract can give. The core has them under the same names. */
const roles = ['user', 'tester', 'curator', 'bughunter', 'support', 'admin'] as const

type WithId = Call<unknown, unknown, { id: string }>

async function named({ core, origin, params }: WithId): Promise<User> {
  if (params.id.trim() === '') throw refusal('idMissing', 'id')
  const user = await core.users.find(params.id.trim(), origin)
  if (user === null) throw new CardeaError('not_found')
  return user
}

/** Without any secret, whoever asks. */
const accountOf = async ({ core }: Pick<Call, 'core'>, user: User) =>
  accountBody(core, user, await readProfile(core, user), null)

const statusOf = (value: unknown): UserStatus | undefined =>
  (['active', 'disabled', 'blocked'] as const).find((status) => statusNumbers[status] === value)

const Patch = z.object({
  role: z.string().max(64).optional(),
  /** What is none of these is passed over, 0 too: nobody is made unconfirmed again. */
  status: z.unknown().optional(),
  mfaEnabled: z.unknown().optional(),
})

/** A second factor that somebody lost is taken off by a person who proved their own, where they have one. */
function mayTakeFactorOff(principal: Principal, user: User): void {
  if (!isPerson(principal)) throw new CardeaError('beyond_own_rights', { internal: 'a key takes no factor off' })
  demandOwnFactor(principal, user)
}

async function patchUser(call: Call<z.infer<typeof Patch>, undefined, { id: string }>) {
  const { core, origin, body } = call
  const { principal } = callerOf(call)
  const user = await named(call)
  const role = roles.find((each) => each === body.role)
  if (body.role !== undefined && role === undefined) throw refusal('invalidRole', 'role')
  // A key that leaked must not make administrators, who would outlast it.
  if (role === 'admin' && !isPerson(principal)) throw new CardeaError('beyond_own_rights', { internal: 'a key' })
  const isFactorLost = body.mfaEnabled === false && user.hasFactor
  if (isFactorLost) mayTakeFactorOff(principal, user)
  const status = statusOf(body.status)
  // A role that looks like the wished one here may be another of the core: it stays.
  const isOther = role !== undefined && core.roles.faceOf(user.role).freesewing.role !== role
  const wish = {
    ...(isOther ? { role } : {}),
    ...(status === undefined || status === user.status ? {} : { status }),
    ...(isFactorLost ? { resetFactor: true } : {}),
  }
  const after = await core.users.change(user.publicId, wish, principal, origin)
  return success({ user: await accountOf(call, after) })
}

const userAnswer = { 200: answer('The user.', successBody({ user: AccountBody })) } as const
const found = z.array(AccountBody)

export const adminRoutes = (door: Door): readonly Route[] => [
  ...bothWays.flatMap(({ suffix, takes }) => [
    route('POST', `/admin/search/users${suffix}`, {
      tag,
      summary: 'Users by part of their user name or e-mail address',
      takes,
      admit,
      ...bodies,
      body: z.object({ q: z.string().max(254).default('') }),
      answers: {
        200: answer('Users.', successBody({ users: z.object({ email: found, username: found }) })),
      },
      run: async (call) => {
        const { core } = call
        const q = call.body.q.trim()
        const wish = { kind: 'person', limit: mostFound } as const
        const byName = q === '' ? [] : (await core.users.list({ ...wish, name: q })).items
        const both = q === '' ? [] : (await core.users.list({ ...wish, search: q })).items
        const needle = q.toLowerCase()
        const byEmail = both.filter(({ email }) => email?.includes(needle) === true)
        const accounts = (users: readonly User[]) => Promise.all(users.map((user) => accountOf(call, user)))
        return success({ users: { email: await accounts(byEmail), username: await accounts(byName) } })
      },
    }),
    route('GET', `/admin/user/:id${suffix}`, {
      tag,
      summary: 'One user, by id, user name or e-mail address',
      takes,
      admit,
      params: idParams,
      answers: userAnswer,
      errors: ['not_found', 'request_invalid'],
      run: async (call) => success({ user: await accountOf(call, await named(call)) }),
    }),
    route('PATCH', `/admin/user/:id${suffix}`, {
      tag,
      summary: 'Changes role or status of a user, or takes a lost second factor off',
      takes,
      admit,
      fresh: 'visitors',
      params: idParams,
      ...bodies,
      body: Patch,
      answers: userAnswer,
      errors: ['not_found', 'beyond_own_rights', 'factor_required', 'last_admin'],
      run: patchUser,
    }),
  ]),
  ...jwtOnly.map(({ suffix, takes }) =>
    route('GET', `/admin/impersonate/:id${suffix}`, {
      tag,
      summary: 'Opens a session of 15 minutes in the name of a user; the user is told',
      takes,
      strictKinds: true,
      admit,
      fresh: 'visitors',
      writes: true,
      params: idParams,
      answers: { 200: answer('A token in their name.', SignedInBody) },
      errors: ['not_found', 'beyond_own_rights', 'factor_required'],
      run: async (call) => {
        const { principal } = callerOf(call)
        const user = await named(call)
        if (user.status !== 'active') throw new CardeaError('beyond_own_rights', { internal: 'the account is closed' })
        const opened = await call.core.impersonate(principal, user.publicId, call.origin, tokenShape(call, door, user))
        return success({ token: opened.token, account: await accountOf(call, user) })
      },
    }),
  ),
]
