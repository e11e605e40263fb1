import { z } from '@hono/zod-openapi'
import type { TokenSliceWish } from '../../../core/records.ts'
import { CardeaError } from '../../../errors.ts'
import { type Call, type Route, route } from '../../api.ts'
import { bodies, text, wholeNumber } from '../../django/fields.ts'
import { noPage, pageBody, pageOf, readPage } from '../../django/paging.ts'
import { dateTime } from '../../django/times.ts'
import type { Door } from '../door.ts'
import { IssuedToken, issuedToken, ListedToken, listedToken } from '../wire.ts'

const base = '/api/v1/auth/private_tokens/'
const tag = 'Haut.AI: private tokens'
const all = { tag, takes: ['access-token'] } as const
const idParams = z.object({ id: z.string().max(40) })

/** Longest time that a rotated token lives on, in seconds: 30 days. */
const longestGrace = 30 * 86_400
const sizes = { size: 50, maxSize: 1000 }

/** What lives long is made in a session: no program, and nothing that was made for one, makes or renews it. */
const admitPerson: NonNullable<Route['admit']> = async (call) => {
  const principal = call.caller()
  const { kind, sessionId, keyId } = principal
  if (kind === 'access-token' && sessionId !== null && keyId === null) return principal
  throw new CardeaError('beyond_own_rights', { kind, internal: 'private tokens are made in a session' })
}

/** This contract's name for the end of a token. */
async function inWords<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown): never => {
    const isEnd = error instanceof CardeaError && error.detail.fields?.some(({ field }) => field === 'expires_at')
    if (!isEnd || !(error instanceof CardeaError) || error.code !== 'request_invalid') throw error
    const fields = error.detail.fields?.map(({ message }) => ({ field: 'expiration_time', message })) ?? []
    throw new CardeaError('request_invalid', { fields })
  })
}

const columns = { id: 'id', name: 'name', expiration_time: 'expiresAt' } as const
const isColumn = (name: string): name is keyof typeof columns => Object.hasOwn(columns, name)

/** `name`, `-expiration_time`; what is none of these is passed over. */
function orderOf(ordering = ''): TokenSliceWish['order'] {
  for (const term of ordering.split(',')) {
    const name = term.trim().replace(/^-/, '')
    if (isColumn(name)) return { by: columns[name], descending: term.trim().startsWith('-') }
  }
  return { by: 'id', descending: false }
}

/** One's own, by number. Those of others are as unknown as those of nobody, and so are revoked ones. */
async function named(call: Call<unknown, unknown, { id: string }>) {
  const { core, params } = call
  if (!/^\d{1,15}$/.test(params.id)) throw new CardeaError('not_found')
  const token = await core.tokens.byId(call.user(), Number(params.id))
  if (token.revokedAt !== null) throw new CardeaError('not_found')
  return token
}

const listQuery = z.object({
  ordering: z.string().max(100).optional(),
  q: z.string().max(100).optional(),
  page: z.string().max(20).optional(),
  page_size: z.string().max(20).optional(),
  include_revoked: z.string().max(10).optional(),
})
const isYes = (value: string | undefined): boolean => value === '1' || value?.toLowerCase() === 'true'

export const privateTokenRoutes = (door: Door): readonly Route[] => [
  route('POST', base, {
    ...all,
    summary: 'Makes a private token: a long-living JWT with a name and an end, both required',
    needs: 'tokens:write',
    admit: admitPerson,
    fresh: 'visitors',
    ...bodies,
    body: z.object({ name: text({ max: 100 }), expiration_time: dateTime }),
    answers: { 201: { description: 'The token as `data`, shown this once.', schema: IssuedToken } },
    errors: ['beyond_own_rights', 'credential_revoked'],
    run: async ({ core, origin, body, caller }) => {
      const wish = { name: body.name, expiresAt: body.expiration_time }
      return { status: 201, body: issuedToken(await inWords(core.tokens.issue(caller(), wish, origin))) }
    },
  }),
  route('GET', base, {
    ...all,
    summary: 'One’s own private tokens, without the JWT itself',
    needs: 'tokens:read',
    query: listQuery,
    answers: { 200: { description: 'A page of them.', schema: pageOf(ListedToken, 'HautaiTokenPage') } },
    errors: ['not_found'],
    run: async (call) => {
      const { core, query, request } = call
      const wished = readPage(query, sizes)
      const { items, count } = await core.tokens.slice(call.user(), {
        ...wished.slice,
        order: orderOf(query.ordering),
        includeRevoked: isYes(query.include_revoked),
        ...(query.q === undefined || query.q === '' ? {} : { name: query.q }),
      })
      const results = items.map(listedToken)
      const body = pageBody(wished, { count, results }, { base: door.base, request })
      if (body === null) throw noPage()
      return { status: 200, body }
    },
  }),
  route('POST', `${base}:id/rotate/`, {
    ...all,
    summary: 'Replaces a private token by a new one of the same name; the old one lives on for the grace',
    needs: 'tokens:write',
    admit: admitPerson,
    fresh: 'visitors',
    params: idParams,
    ...bodies,
    body: z.object({
      expiration_time: dateTime.optional(),
      grace_seconds: wholeNumber(0, longestGrace).optional(),
    }),
    answers: { 201: { description: 'The new token as `data`, shown this once.', schema: IssuedToken } },
    errors: ['not_found', 'beyond_own_rights', 'conflict', 'credential_revoked'],
    run: async (call) => {
      const { core, origin, body } = call
      const { publicId } = await named(call)
      const end = body.expiration_time === undefined ? {} : { expiresAt: body.expiration_time }
      const wish = { graceSeconds: body.grace_seconds ?? 0, ...end }
      return {
        status: 201,
        body: issuedToken(await inWords(core.tokens.rotate(call.caller(), publicId, wish, origin))),
      }
    },
  }),
  route('DELETE', `${base}:id/`, {
    ...all,
    summary: 'Revokes a private token: it is refused from now on',
    needs: 'tokens:write',
    params: idParams,
    answers: { 204: { description: 'Revoked.' } },
    errors: ['not_found'],
    run: async (call) => {
      const { publicId } = await named(call)
      await call.core.tokens.revoke(call.user(), publicId, call.caller(), call.origin)
      return { status: 204 }
    },
  }),
]
