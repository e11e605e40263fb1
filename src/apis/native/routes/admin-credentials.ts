import { z } from '@hono/zod-openapi'
import { apiNames } from '../../../types.ts'
import { type Route, route } from '../../api.ts'
import { pageBody, pageOf, pageQuery } from '../wire.ts'
import { OwnedKeyBody, OwnedTokenBody, ownedKeyBody, ownedTokenBody } from '../wire-admin.ts'
import { changingOne, looking } from './administration.ts'
import { defined, noContent, ok } from './common.ts'

const stateMessage = 'must be live, expiring, expired, revoked or suspended'

const query = pageQuery.extend({
  user: z.string().max(64).optional().openapi({ description: 'Public id of the owner.' }),
  search: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .openapi({ description: 'Part of a name, letter case aside, or an id.' }),
  api: z.enum(apiNames).optional(),
  state: z.enum(['live', 'expiring', 'expired', 'revoked', 'suspended'], stateMessage).optional().openapi({
    description: '`expiring` ends within 14 days; `suspended` came back from a backup. Default: all.',
  }),
})

/** What ends a credential of somebody else. */
const ending = {
  ...changingOne,
  answers: noContent('Dead, here at once and on every node within the bound of the change feed.'),
  errors: ['not_found', 'beyond_own_rights'],
} as const

export const adminCredentialRoutes: readonly Route[] = [
  route('GET', '/auth/admin/keys', {
    ...looking,
    summary: 'The API keys of everybody, newest first',
    query,
    answers: ok('Keys, without their secrets.', pageOf(OwnedKeyBody, 'OwnedApiKeyPage')),
    run: async (call) => ({
      status: 200,
      body: pageBody(await call.core.credentials.keys(defined(call.query)), ownedKeyBody),
    }),
  }),
  route('DELETE', '/auth/admin/keys/:id', {
    ...ending,
    summary: 'Revokes an API key of anybody',
    run: async (call) => {
      await call.core.credentials.revokeKey(call.params.id, call.caller(), call.origin)
      return { status: 204 }
    },
  }),
  route('GET', '/auth/admin/tokens', {
    ...looking,
    summary: 'The private tokens of everybody, newest first',
    query,
    answers: ok('Private tokens, without the tokens themselves.', pageOf(OwnedTokenBody, 'OwnedPrivateTokenPage')),
    run: async (call) => ({
      status: 200,
      body: pageBody(await call.core.credentials.tokens(defined(call.query)), ownedTokenBody),
    }),
  }),
  route('DELETE', '/auth/admin/tokens/:id', {
    ...ending,
    summary: 'Revokes a private token of anybody',
    run: async (call) => {
      await call.core.credentials.revokeToken(call.params.id, call.caller(), call.origin)
      return { status: 204 }
    },
  }),
]
