import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Call, type Route, route, synonym } from '../../api.ts'
import { bodies, text } from '../../django/fields.ts'
import { pageOf, readSlice, sliceBody } from '../../django/paging.ts'
import { asReadingStaff, asStaff, asSuperuser, demandManages, demandSession, knownCaller, lent } from '../callers.ts'
import { answer, type Door, ordinary } from '../door.ts'
import { idParams, ManagedUser, managedUser, peopleOf, personOf, withPhotos } from '../people.ts'
import { changeProfile, patchFields } from '../profile.ts'
import { newUserFields } from './sign-up.ts'
import { checkCredentials, credentialsIn, given, inWords, removeUser } from './users.ts'

const tag = 'LibrePhotos: administration'
const pageSize = 20_000
const listQuery = z.object({ limit: z.string().max(20).optional(), offset: z.string().max(20).optional() })

const preferences = {
  first_name: patchFields.first_name,
  last_name: patchFields.last_name,
  confidence: patchFields.confidence,
  semantic_search_topk: patchFields.semantic_search_topk,
  favorite_min_rating: patchFields.favorite_min_rating,
  image_scale: patchFields.image_scale,
  save_metadata_to_disk: patchFields.save_metadata_to_disk,
}
const optional = z.object(preferences).partial().shape
const Create = z.object({
  ...optional,
  username: newUserFields.username,
  password: newUserFields.password,
  email: newUserFields.email.optional(),
})
const Change = z
  .object({ ...preferences, email: newUserFields.email, password: text({ max: 128, blank: true, exact: true }) })
  .partial()

/** This address tells of a taken name in other words than the sign-up. */
const taken = (error: unknown): never => {
  if (!(error instanceof CardeaError) || error.code !== 'username_taken') return inWords(error)
  const fields = [{ field: 'non_field_errors', message: 'User name is already taken' }]
  throw new CardeaError('request_invalid', { fields })
}

async function create(call: Call<z.infer<typeof Create>>) {
  const { core, origin, body } = call
  const caller = knownCaller(call)
  const { username, password, email = '', ...own } = body
  const wish = { username, password, email: email || null, role: 'user', kind: 'person' } as const
  const user = await core.users.create(wish, lent(core, caller), origin).catch(taken)
  const person = await withPhotos(core, user, await changeProfile(core, user, given(own)))
  return { status: 201, body: managedUser(core, person) }
}

async function change(call: Call<z.infer<typeof Change>, undefined, { id: string }>) {
  const { core, origin, body } = call
  const caller = knownCaller(call)
  const actor = lent(core, caller)
  const { user } = await personOf(core, call.params.id)
  demandManages(core, actor, user)
  const { password, email, ...own } = body
  if (password || email !== undefined) demandSession(caller)
  checkCredentials(core, user, body)
  await core.users.change(user.publicId, credentialsIn(body), actor, origin).catch(taken)
  const claim = email === undefined ? {} : { email: null }
  const profile = await changeProfile(core, user, { ...given(own), ...claim })
  const after = (await core.users.byId(user.id)) ?? user
  return { status: 200, body: managedUser(core, await withPhotos(core, after, profile)) }
}

export function manageRoutes(door: Door): readonly Route[] {
  const takes = ordinary(door)
  const reading = { tag, takes, needs: 'account:read', admit: asReadingStaff } as const
  const writing = { tag, takes, needs: 'account:write', admit: asStaff, fresh: 'visitors' } as const
  const changing = route('PATCH', '/api/manage/user/:id/', {
    ...writing,
    summary: 'Changes a user, as far as the caller’s own rights go',
    params: idParams,
    ...bodies,
    body: Change,
    answers: { 200: answer('The user.', ManagedUser) },
    errors: ['not_found', 'beyond_own_rights', 'password_refused', 'email_taken', 'busy'],
    run: change,
  })
  return [
    route('GET', '/api/manage/user/', {
      ...reading,
      summary: 'Everybody, for staff',
      query: listQuery,
      answers: { 200: answer('Users.', pageOf(ManagedUser, 'LibrephotosManagedUserPage')) },
      run: async ({ core, query, request }) => {
        const slice = readSlice(query, pageSize)
        const { items, count } = await core.users.slice({ ...slice, kind: 'person' })
        const results = (await peopleOf(core, items)).map((person) => managedUser(core, person))
        return { status: 200, body: sliceBody(slice, { count, results }, { base: door.base, request }) }
      },
    }),
    route('POST', '/api/manage/user/', {
      ...writing,
      summary: 'Opens an account for somebody; their address counts as proven',
      ...bodies,
      body: Create,
      answers: { 201: answer('The user.', ManagedUser) },
      errors: ['beyond_own_rights', 'set_up_needed', 'password_refused', 'email_taken', 'busy'],
      run: create,
    }),
    route('GET', '/api/manage/user/:id/', {
      ...reading,
      summary: 'One user, for staff',
      params: idParams,
      answers: { 200: answer('The user.', ManagedUser) },
      errors: ['not_found'],
      run: async ({ core, params }) => ({ status: 200, body: managedUser(core, await personOf(core, params.id)) }),
    }),
    changing,
    synonym(changing, 'PUT'),
    route('DELETE', '/api/manage/user/:id/', {
      ...writing,
      summary: 'Deletes a user and everything of theirs',
      params: idParams,
      answers: { 204: { description: 'Gone.' } },
      errors: ['not_found', 'beyond_own_rights', 'last_admin'],
      run: removeUser,
    }),
    route('DELETE', '/api/delete/user/:id/', {
      ...writing,
      admit: asSuperuser,
      summary: 'Deletes a user who is no administrator',
      params: idParams,
      answers: { 204: { description: 'Gone.' } },
      errors: ['not_found', 'beyond_own_rights', 'request_invalid'],
      run: async (call) => {
        const { core } = call
        const { user } = await personOf(core, call.params.id)
        if (core.roles.faceOf(user.role).librephotos.isSuperuser) {
          const fields = [{ field: 'non_field_errors', message: 'An administrator is not deleted here.' }]
          throw new CardeaError('request_invalid', { fields })
        }
        await core.users.remove(user, lent(core, knownCaller(call)), call.origin)
        return { status: 204 }
      },
    }),
  ]
}
