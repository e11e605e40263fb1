import { z } from '@hono/zod-openapi'
import type { PieceType, Rank } from '../../../core/piece-types.ts'
import { CardeaError } from '../../../errors.ts'
import type { Scope } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import type { Office } from '../office.ts'
import { freshFields, iso, SigningKeyBody, signingKeyBody } from '../wire.ts'
import {
  ConfigurationBody,
  configurationBody,
  managedSigningKeyBody,
  PieceSampleBody,
  PieceTypesBody,
  pieceSampleBody,
  pieceTypeBody,
  SigningKeysBody,
  StatusBody,
  type StoreState,
  statusBody,
} from '../wire-admin.ts'
import { anyKind, created, inSession, ok } from './common.ts'

/** Null: the database does not answer. That is what the page is there to say. */
async function storeState({ core }: Call): Promise<StoreState | null> {
  try {
    const { instance } = core
    return {
      census: await instance.census(),
      migrations: await instance.migrations(),
      suspended: await instance.suspended(),
    }
  } catch {
    return null
  }
}

function typeNamed(call: Call<unknown, unknown, { type: string }>): PieceType {
  const type = call.core.documents.types.find(({ name }) => name === call.params.type)
  if (type === undefined) throw new CardeaError('not_found')
  return type
}

/** From most to least, each with the scope that a credential below it does not have. */
const ranks: readonly (readonly [Rank, Scope])[] = [
  ['admin', 'users:write'],
  ['editor', 'documents:write'],
  ['contributor', 'documents:read'],
]

/** What the caller's role is called where documents are served, cut to what the credential may do. */
function rankOf(call: Call): Rank {
  const { role, scopes } = call.caller()
  const face = call.core.roles.faceOf(role).apostrophe
  const own = ranks.findIndex(([rank]) => rank === face)
  return ranks.find(([, scope], at) => own >= 0 && at >= own && scopes.has(scope))?.[0] ?? 'guest'
}

export const adminServerRoutes = (office: Office): readonly Route[] => [
  route('GET', '/auth/admin/signing-keys', {
    tag: 'Administration',
    summary: 'Signing keys: age, state, next rotation',
    takes: anyKind,
    needs: 'signing-keys:write',
    answers: ok('Keys, without their private parts, and when the next of each use takes over.', SigningKeysBody),
    run: async (call) => {
      const { signingKeys } = call.core
      const [keys, schedule] = [await signingKeys.list(), await signingKeys.schedule()]
      const signing = new Set(schedule.map(({ kid }) => kid))
      return {
        status: 200,
        body: {
          items: keys.map((key) => managedSigningKeyBody(key, signing.has(key.kid))),
          schedule: schedule.map(({ use, kid, nextAt }) => ({ use, kid, next_at: iso(nextAt) })),
        },
      }
    },
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
  route('GET', '/auth/admin/configuration', {
    tag: 'Administration',
    summary: 'The settings in force, and where each came from; of secrets only whether they are set',
    takes: anyKind,
    needs: 'events:read',
    answers: ok('Settings.', ConfigurationBody),
    run: () => ({ status: 200, body: configurationBody(office.settings()) }),
  }),
  route('GET', '/auth/admin/status', {
    tag: 'Administration',
    summary: 'How the server is: version, database, change feed, mail, scheduled work, and how much there is',
    takes: anyKind,
    needs: 'events:read',
    answers: ok('Status.', StatusBody),
    run: async (call) => {
      const { feed, clock } = call.core
      const changes = { fresh: feed.fresh(), ...feed.state() }
      return { status: 200, body: statusBody(office.state(), await storeState(call), changes, clock.now()) }
    },
  }),
  route('GET', '/auth/admin/pieces', {
    tag: 'Administration',
    summary: 'The declared piece types and what of them is public',
    takes: anyKind,
    needs: 'documents:read',
    answers: ok('Piece types.', PieceTypesBody),
    run: (call) => ({ status: 200, body: { items: call.core.documents.types.map(pieceTypeBody) } }),
  }),
  route('GET', '/auth/admin/pieces/:type/sample', {
    tag: 'Administration',
    summary: 'A published document as anonymous callers see it, beside what the caller sees',
    takes: anyKind,
    needs: 'documents:read',
    params: z.strictObject({ type: z.string().max(64) }),
    answers: ok('The same document, twice.', PieceSampleBody),
    errors: ['not_found'],
    run: async (call) => {
      const caller = { rank: rankOf(call), writes: false, principal: call.caller() }
      return {
        status: 200,
        body: pieceSampleBody(await call.core.documents.sample(typeNamed(call), caller, call.origin)),
      }
    },
  }),
]
