import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { html } from '../../../http/html.ts'
import type { User } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import { atLevel, bothWays, callerOf, jwtOnly } from '../callers.ts'
import { inOrder, isText, when } from '../checks.ts'
import { answer, bodies, type Door, idParams } from '../door.ts'
import { highestLevel } from '../levels.ts'
import { readProfile } from '../profile.ts'
import { json, success } from '../reply.ts'
import { accountBody, ListedKeyBody, listedKeyBody, ProfileBody, profileBody, successBody } from '../wire.ts'
import { keysOf } from './keys.ts'

const tag = 'FreeSewing: people'
const longestName = 254
/** People that one search answers at most. */
const mostFound = 25

/** By user name or id; by e-mail address only where answers may tell who has an account. */
async function publicUser(call: Call<unknown, unknown, { id: string }>, door: Door): Promise<User> {
  const who = call.params.id.trim()
  const mayAsk = door.settings.revealUnknown || !who.includes('@')
  const user = mayAsk ? await call.core.users.find(who, call.origin) : null
  if (user === null || user.status !== 'active') throw new CardeaError('not_found')
  return user
}

async function publicProfile(call: Call<unknown, unknown, { id: string }>, door: Door) {
  const user = await publicUser(call, door)
  return profileBody(call.core, user, await readProfile(call.core, user))
}

/** A picture with a name on it. Every value of the user is escaped. */
function card({ username, role, patron }: z.infer<typeof ProfileBody>): string {
  const thanks = patron > 0 ? html`<text x="30" y="150" font-size="22" fill="#1f6f5c">Patron</text>` : []
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 180" role="img" aria-label="${username}"><rect width="600" height="180" rx="16" fill="#f4f6f5"/><g font-family="system-ui, sans-serif"><text x="30" y="80" font-size="44" fill="#182021">${username}</text><text x="30" y="118" font-size="22" fill="#5a656a">${role}</text>${thanks}</g></svg>`
    .markup
}

const Profiles = z.record(z.string(), z.object({ username: z.string(), avatar: z.string() }))

export const peopleRoutes = (door: Door): readonly Route[] => [
  route('GET', '/users/:id', {
    tag,
    summary: 'The public profile of a user',
    takes: [],
    params: idParams,
    answers: { 200: answer('The profile.', successBody({ profile: ProfileBody })) },
    errors: ['not_found'],
    run: async (call) => success({ profile: await publicProfile(call, door) }),
  }),
  route('GET', '/users/:id/card', {
    tag,
    summary: 'The public profile of a user as a picture',
    takes: [],
    params: idParams,
    answers: { 200: { description: 'SVG.', type: 'image/svg+xml' } },
    errors: ['not_found'],
    run: async (call) => ({
      status: 200,
      type: 'image/svg+xml',
      body: card(await publicProfile(call, door)),
      // For pages of other sites: a picture is asked for without CORS.
      headers: { 'Cross-Origin-Resource-Policy': 'cross-origin', 'Cache-Control': 'no-cache' },
    }),
  }),
  ...bothWays.flatMap(({ suffix, takes }) => [
    route('GET', `/users/:id${suffix}`, {
      tag,
      summary: 'What belongs to a user; API keys only to their owner and to administrators',
      takes,
      admit: atLevel(0),
      params: idParams,
      answers: {
        200: answer(
          'Without any secret.',
          successBody({
            data: z.object({
              apikeys: z.array(ListedKeyBody),
              bookmarks: z.array(z.unknown()),
              patterns: z.array(z.unknown()),
              sets: z.array(z.unknown()),
            }),
          }),
        ),
      },
      errors: ['not_found'],
      run: async (call) => {
        const { user: self, principal, level } = callerOf(call)
        const user = await publicUser(call, door)
        const mayList = level === highestLevel || (user.id === self.id && principal.scopes.has('keys:read'))
        const keys = mayList ? await keysOf(call.core, user) : []
        const apikeys = keys.map((key) => listedKeyBody(call.core, user, key))
        return success({ data: { apikeys, bookmarks: [], patterns: [], sets: [] } })
      },
    }),
    route('POST', `/available/username${suffix}`, {
      tag,
      summary: 'Whether a user name can be taken: 404 says that it can',
      takes,
      admit: atLevel(0),
      ...bodies,
      refuse: inOrder(when('username', 'usernameMissing', isText)),
      body: z.object({ username: z.string().max(longestName) }),
      answers: {
        200: answer('Not available.', successBody({ username: z.string(), available: z.literal(false) })),
        404: { description: 'Available.' },
      },
      run: async ({ core, body: { username } }) => {
        const name = username.trim()
        if (name.length >= 2 && (await core.users.isFree(name))) throw new CardeaError('not_found')
        return success({ username, available: false })
      },
    }),
  ]),
  ...jwtOnly.map(({ takes }) =>
    route('POST', '/find/users', {
      tag,
      summary: 'Users whose name holds a text',
      takes,
      admit: atLevel(0),
      ...bodies,
      body: z.object({ match: z.string().max(longestName).default('') }),
      answers: { 200: answer('By id.', successBody({ profiles: Profiles })) },
      run: async ({ core, body: { match } }) => {
        const name = match.trim()
        if (name.length < 2) return success({ profiles: {} })
        const wish = { name, kind: 'person', status: 'active', limit: mostFound } as const
        const { items } = await core.users.list(wish)
        const entries = items.map(async (user) => {
          const { ihash } = accountBody(core, user, await readProfile(core, user), null)
          return [String(user.id), { username: user.username, avatar: ihash }] as const
        })
        return json(200, { result: 'success', profiles: Object.fromEntries(await Promise.all(entries)) })
      },
    }),
  ),
]
