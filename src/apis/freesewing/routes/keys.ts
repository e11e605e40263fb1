import { z } from '@hono/zod-openapi'
import type { Core } from '../../../core/cardea.ts'
import type { ApiKey } from '../../../core/records.ts'
import { CardeaError } from '../../../errors.ts'
import type { User } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import { atLevel, bothWays, type Caller, callerOf, keyOnly } from '../callers.ts'
import { given, inOrder, isText, someBody, when } from '../checks.ts'
import { answer, bodies, type Door, idParams } from '../door.ts'
import { refusal } from '../errors.ts'
import { highestLevel, scopesOfLevel } from '../levels.ts'
import { created, success } from '../reply.ts'
import { IssuedKeyBody, KeyBody, keyBody, ListedKeyBody, listedKeyBody, OwnKeyBody, successBody } from '../wire.ts'

const tag = 'FreeSewing: API keys'

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const newKeyChecks = (door: Door) =>
  inOrder(
    someBody,
    given('name', 'nameMissing'),
    when('name', 'nameMissing', isText),
    given('level', 'levelMissing'),
    when('level', 'levelNotNumeric', isNumber),
    when(
      'level',
      'invalidLevel',
      (level) => Number.isInteger(level) && 0 <= Number(level) && Number(level) <= highestLevel,
    ),
    given('expiresIn', 'expiresInMissing'),
    when('expiresIn', 'expiresIsNotNumeric', (seconds) => isNumber(seconds) && seconds >= 1),
    when('expiresIn', 'expiresIsHigherThanMaximum', (seconds) => Number(seconds) <= door.settings.keyMaxSeconds),
  )

/** Every key of the user that was not revoked, newest first, whichever door it was made at. */
export async function keysOf(core: Core, user: User): Promise<readonly ApiKey[]> {
  const found: ApiKey[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await core.keys.list(user, { limit: 200, ...(cursor === undefined ? {} : { cursor }) })
    found.push(...page.items)
    cursor = page.nextCursor
  }
  return found
}

async function makeKey(call: Call<{ readonly name: string; readonly level: number; readonly expiresIn: number }>) {
  const { core, origin, body } = call
  const { principal, user, level: own } = callerOf(call)
  if (body.level > own) throw refusal('keyLevelExceedsRoleLevel', 'level')
  const scopes = scopesOfLevel(body.level).filter((scope) => principal.scopes.has(scope))
  const expiresAt = core.clock.now() + Math.floor(body.expiresIn) * 1000
  const wish = { name: body.name, scopes, expiresAt, detail: { level: body.level } }
  const { record, secret } = await core.keys.issue(principal, wish, origin).catch((error: unknown): never => {
    const field = error instanceof CardeaError ? error.detail.fields?.[0]?.field : undefined
    // A key makes none that outlives it.
    throw field === 'expires_at' ? refusal('expiresIsHigherThanMaximum', 'expiresIn') : error
  })
  return created({ apikey: { ...keyBody(core, user, record), secret } })
}

/** One's own key; anybody's for level 9. Keys of others are as unknown as keys of nobody. */
async function keyNamed(call: Call<unknown, unknown, { id: string }>, { user, level }: Caller) {
  const key = await call.core.keys.byId(level === highestLevel ? null : user, call.params.id)
  if (key.revokedAt !== null) throw new CardeaError('not_found')
  const owner = key.userId === user.id ? user : await call.core.users.find(String(key.userId), call.origin)
  if (owner === null) throw new CardeaError('not_found')
  return { key, owner }
}

export const keyRoutes = (door: Door): readonly Route[] => [
  ...bothWays.flatMap(({ suffix, takes }) => [
    route('POST', `/apikeys${suffix}`, {
      tag,
      summary: 'Makes an API key, at most of the level of whoever makes it',
      takes,
      needs: 'keys:write',
      admit: atLevel(4),
      fresh: 'visitors',
      ...bodies,
      refuse: newKeyChecks(door),
      body: z.object({ name: z.string().max(100), level: z.int(), expiresIn: z.number() }),
      answers: {
        201: answer('Shown this once.', z.object({ result: z.literal('created'), apikey: IssuedKeyBody })),
      },
      errors: ['beyond_own_rights', 'credential_revoked'],
      run: makeKey,
    }),
    route('GET', `/apikeys${suffix}`, {
      tag,
      summary: 'The API keys of the caller',
      takes,
      needs: 'keys:read',
      admit: atLevel(0),
      answers: { 200: answer('Keys.', successBody({ apikeys: z.array(ListedKeyBody) })) },
      run: async (call) => {
        const { user } = callerOf(call)
        const keys = await keysOf(call.core, user)
        return success({ apikeys: keys.map((key) => listedKeyBody(call.core, user, key)) })
      },
    }),
    route('GET', `/apikeys/:id${suffix}`, {
      tag,
      summary: 'One API key',
      takes,
      needs: 'account:read',
      admit: atLevel(1),
      params: idParams,
      answers: { 200: answer('The key.', successBody({ apikey: KeyBody })) },
      errors: ['not_found'],
      run: async (call) => {
        const { key, owner } = await keyNamed(call, callerOf(call))
        return success({ apikey: keyBody(call.core, owner, key) })
      },
    }),
    route('DELETE', `/apikeys/:id${suffix}`, {
      tag,
      summary: 'Revokes an API key; a key may revoke itself',
      takes,
      needs: 'keys:write',
      admit: atLevel(4),
      params: idParams,
      answers: { 204: { description: 'It is refused from now on.' } },
      errors: ['not_found'],
      run: async (call) => {
        const caller = callerOf(call)
        const { key, owner } = await keyNamed(call, caller)
        await call.core.keys.revoke(owner, key.id, caller.principal, call.origin)
        return { status: 204 }
      },
    }),
  ]),
  ...keyOnly.map(({ suffix, takes }) =>
    route('GET', `/whoami${suffix}`, {
      tag,
      summary: 'The API key that was sent',
      takes,
      admit: atLevel(0),
      answers: { 200: answer('The key.', successBody({ apikey: OwnKeyBody })) },
      errors: ['not_found'],
      run: async (call) => {
        const { user, principal } = callerOf(call)
        const record = await call.core.keys.byId(user, principal.keyId ?? '')
        const { createdAt: _, ...apikey } = keyBody(call.core, user, record)
        return success({ apikey })
      },
    }),
  ),
]
