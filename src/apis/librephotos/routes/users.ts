import { z } from '@hono/zod-openapi'
import type { Core } from '../../../core/cardea.ts'
import { CardeaError } from '../../../errors.ts'
import type { User } from '../../../types.ts'
import { type Call, type Route, route, synonym } from '../../api.ts'
import { bodies, text } from '../../django/fields.ts'
import { pageOf, readSlice, sliceBody } from '../../django/paging.ts'
import { texts } from '../../django/texts.ts'
import { demandProofOfVisitors } from '../../proof.ts'
import { asStaff, type Caller, callerOf, demandManages, demandSession, knownCaller, lent } from '../callers.ts'
import { answer, type Door, ordinary } from '../door.ts'
import {
  FullUser,
  fullUser,
  idParams,
  noUser,
  type Person,
  PublicUser,
  peopleOf,
  personOf,
  publicUser,
  withPhotos,
} from '../people.ts'
import { changeProfile, patchFields } from '../profile.ts'

const tag = 'LibrePhotos: people'
/** The page that clients get who ask for none. */
const pageSize = 20_000

const Either = z.union([FullUser, PublicUser])
const listQuery = z.object({ limit: z.string().max(20).optional(), offset: z.string().max(20).optional() })

export const password = text({ min: 3, max: 128, exact: true })
export const email = text({ max: 254, blank: true })

/** What `viewer` may see of somebody: all of oneself, staff all of everybody, others what is meant for all. */
function shown({ core }: Pick<Call, 'core'>, viewer: Caller | null, person: Person) {
  const isOwn = viewer?.user.id === person.user.id && viewer.principal.scopes.has('account:read')
  return isOwn || viewer?.isStaff === true ? fullUser(core, person) : publicUser(person)
}

/** Strangers see those who share in public, people who are signed in everybody whose account is open, staff everybody. */
function isVisible(viewer: Caller | null, { user, profile }: Person): boolean {
  if (viewer === null) return user.status === 'active' && profile.public_sharing
  return viewer.isStaff || user.status === 'active' || viewer.user.id === user.id
}

/** Undefined members out: what is not in the body stays as it is. */
export function given<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

const Patch = z.object({ ...patchFields, email, password: text({ max: 128, blank: true, exact: true }) }).partial()
type Patch = z.infer<typeof Patch>

/** An address that cannot be one is told in the contract's words. */
export const inWords = (error: unknown): never => {
  const isEmail = error instanceof CardeaError && error.detail.fields?.some(({ field }) => field === 'email') === true
  if (!isEmail || error.code !== 'request_invalid') throw error
  throw new CardeaError('request_invalid', { fields: [{ field: 'email', message: texts.noEmail }] })
}

/** What can be refused comes first, so that a refused change changes nothing. */
export function checkCredentials(core: Core, user: User, { email, password }: Pick<Patch, 'email' | 'password'>): void {
  try {
    core.users.checkChange(user, { ...(email && { email }), ...(password && { password }) })
  } catch (error) {
    inWords(error)
  }
}

/** As administrators set them: both or none. */
export const credentialsIn = ({ email, password }: Pick<Patch, 'email' | 'password'>) => ({
  ...(email === undefined ? {} : { email: email || null }),
  ...(password ? { password } : {}),
})

/** One's own: the address is only claimed, and proven by its mail; the other sessions end with the password. */
async function patchSelf(call: Call<Patch>, caller: Caller): Promise<void> {
  const { core, origin, body } = call
  const { user, principal } = caller
  if (body.password || body.email !== undefined) {
    demandSession(caller)
    demandProofOfVisitors(call, principal)
  }
  checkCredentials(core, user, body)
  // Each costs a mail to whoever has that address, or a hash.
  if (body.email) await core.limits.mail(origin)
  if (body.password) await core.limits.address(origin)
  if (body.email) await core.users.requestEmailChange(user, body.email, origin).catch(inWords)
  if (body.password) await core.users.changePassword(user, body.password, principal.sessionId, origin)
}

async function patchOther(call: Call<Patch>, caller: Caller, target: User): Promise<void> {
  const { core, origin, body } = call
  demandProofOfVisitors(call, caller.principal)
  const actor = lent(core, caller)
  demandManages(core, actor, target)
  if (body.password || body.email !== undefined) demandSession(caller)
  checkCredentials(core, target, body)
  await core.users.change(target.publicId, credentialsIn(body), actor, origin).catch(inWords)
}

async function patchUser(call: Call<Patch, undefined, { id: string }>) {
  const { core, body } = call
  const caller = knownCaller(call)
  // Told before anybody is looked up: who there is shows nowhere.
  const isOwn = Number(call.params.id) === caller.user.id
  if (!isOwn && !(caller.isStaff && caller.mayAct))
    throw new CardeaError('scope_missing', { kind: caller.principal.kind })
  const { user } = await personOf(core, call.params.id)
  await (isOwn ? patchSelf(call, caller) : patchOther(call, caller, user))
  const { password: _, email: typed, ...preferences } = body
  // An address that staff set is the user's; one that a user typed is kept as what it is, a text.
  const claim = typed === undefined ? {} : { email: isOwn && typed !== '' ? typed : null }
  const profile = await changeProfile(core, user, given({ ...preferences, ...claim }))
  const after = await core.users.byId(user.id)
  return { status: 200, body: shown(call, caller, await withPhotos(core, after ?? user, profile)) }
}

/** Of staff, as far as the rights of whoever calls go. */
export async function removeUser(call: Call<unknown, unknown, { id: string }>) {
  const { user } = await personOf(call.core, call.params.id)
  await call.core.users.remove(user, lent(call.core, knownCaller(call)), call.origin)
  return { status: 204 }
}

export function userRoutes(door: Door): readonly Route[] {
  const takes = ordinary(door)
  const patch = route('PATCH', '/api/user/:id/', {
    tag,
    summary: 'Changes names, preferences, password or address: one’s own, or as staff those of others',
    takes,
    needs: 'account:write',
    params: idParams,
    ...bodies,
    body: Patch,
    answers: { 200: answer('The user; all of it where the credential may read that.', Either) },
    errors: [
      'not_found',
      'beyond_own_rights',
      'scope_missing',
      'reauthentication_required',
      'password_refused',
      'email_taken',
      'rate_limited',
      'busy',
    ],
    run: patchUser,
  })
  return [
    route('GET', '/api/user/', {
      tag,
      summary: 'People: staff see all of everybody, others what is meant for all',
      takes,
      needs: 'account:read',
      anonymous: true,
      query: listQuery,
      answers: { 200: answer('People.', pageOf(Either, 'LibrephotosUserPage')) },
      run: async (call) => {
        const { core } = call
        const viewer = callerOf(call)
        const slice = readSlice(call.query, pageSize)
        const active = viewer?.isStaff === true ? {} : ({ status: 'active' } as const)
        const shared = viewer === null ? { flagged: { api: 'librephotos', member: 'public_sharing' } as const } : {}
        const { items, count } = await core.users.slice({ ...slice, kind: 'person', ...active, ...shared })
        const results = (await peopleOf(core, items)).map((person) => shown(call, viewer, person))
        return { status: 200, body: sliceBody(slice, { count, results }, { base: door.base, request: call.request }) }
      },
    }),
    route('GET', '/api/user/:id/', {
      tag,
      summary: 'One of them',
      takes,
      needs: 'account:read',
      anonymous: true,
      params: idParams,
      answers: { 200: answer('The user.', Either) },
      errors: ['not_found'],
      run: async (call) => {
        const viewer = callerOf(call)
        const person = await personOf(call.core, call.params.id)
        if (!isVisible(viewer, person)) throw noUser()
        return { status: 200, body: shown(call, viewer, person) }
      },
    }),
    patch,
    synonym(patch, 'PUT'),
    route('DELETE', '/api/user/:id/', {
      tag,
      summary: 'Deletes a user and everything of theirs; for staff',
      takes,
      needs: 'account:write',
      admit: asStaff,
      fresh: 'visitors',
      params: idParams,
      answers: { 204: { description: 'Gone.' } },
      errors: ['not_found', 'beyond_own_rights', 'last_admin'],
      run: removeUser,
    }),
  ]
}
