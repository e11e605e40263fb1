import { z } from '@hono/zod-openapi'
import type { IssuedToken } from '../../../core/tokens.ts'
import { type Route, route } from '../../api.ts'
import {
  freshFields,
  graceField,
  IssuedTokenBody,
  idParams,
  millis,
  nameField,
  pageBody,
  pageOf,
  revocablePageQuery,
  scopesField,
  TokenBody,
  timeField,
  tokenBody,
} from '../wire.ts'
import { anyKind, created, defined, inSession, noContent, ok } from './common.ts'
import { mayRotate } from './keys.ts'

const issued = ({ record, token }: IssuedToken) => ({ ...tokenBody(record), token })
const own = '`token` is a JWT for `Authorization: Bearer`. Shown this once.'

export const tokenRoutes: readonly Route[] = [
  route('GET', '/auth/tokens', {
    tag: 'Private tokens',
    summary: 'The private tokens of this account, newest first',
    takes: anyKind,
    needs: 'tokens:read',
    query: revocablePageQuery,
    answers: ok('Private tokens, without the JWT itself.', pageOf(TokenBody, 'PrivateTokenPage')),
    run: async (call) => {
      const { include_revoked, ...wish } = call.query
      const page = await call.core.tokens.list(call.user(), {
        ...defined(wish),
        includeRevoked: include_revoked === 'true',
      })
      return { status: 200, body: pageBody(page, tokenBody) }
    },
  }),
  route('POST', '/auth/tokens', {
    tag: 'Private tokens',
    summary: 'Makes a private token: a long-living JWT with a name and an expiry',
    takes: inSession,
    strictKinds: true,
    needs: 'tokens:write',
    fresh: 'all',
    body: z.strictObject({ name: nameField, expires_at: timeField, scopes: scopesField.optional(), ...freshFields }),
    answers: created(own, IssuedTokenBody),
    errors: ['beyond_own_rights'],
    run: async (call) => {
      const { name, scopes, expires_at } = call.body
      const wish = { name, expiresAt: millis(expires_at), ...(scopes === undefined ? {} : { scopes }) }
      return { status: 201, body: issued(await call.core.tokens.issue(call.caller(), wish, call.origin)) }
    },
  }),
  route('POST', '/auth/tokens/:id/rotate', {
    tag: 'Private tokens',
    summary: 'Replaces a private token; the old one lives on for the grace. A token may replace itself.',
    takes: inSession,
    needs: 'tokens:write',
    fresh: 'people',
    params: idParams,
    body: z.strictObject({ grace_seconds: graceField.default(0), expires_at: timeField.optional(), ...freshFields }),
    answers: created(own, IssuedTokenBody),
    errors: ['not_found', 'beyond_own_rights', 'conflict'],
    run: async (call) => {
      mayRotate(call, call.params.id)
      const { grace_seconds, expires_at } = call.body
      const wish = {
        graceSeconds: grace_seconds,
        ...(expires_at === undefined ? {} : { expiresAt: millis(expires_at) }),
      }
      return {
        status: 201,
        body: issued(await call.core.tokens.rotate(call.caller(), call.params.id, wish, call.origin)),
      }
    },
  }),
  route('DELETE', '/auth/tokens/:id', {
    tag: 'Private tokens',
    summary: 'Revokes a private token',
    takes: anyKind,
    needs: 'tokens:write',
    params: idParams,
    answers: noContent('Revoked: refused from now on, everywhere.'),
    errors: ['not_found'],
    run: async (call) => {
      await call.core.tokens.revoke(call.user(), call.params.id, call.caller(), call.origin)
      return { status: 204 }
    },
  }),
]
