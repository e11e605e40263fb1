import { z } from '@hono/zod-openapi'
import type { IssuedKey } from '../../../core/keys.ts'
import { CardeaError } from '../../../errors.ts'
import { type Call, type Route, route } from '../../api.ts'
import {
  addressesField,
  freshFields,
  graceField,
  IssuedKeyBody,
  idParams,
  KeyBody,
  keyBody,
  millis,
  nameField,
  pageBody,
  pageOf,
  revocablePageQuery,
  scopesField,
  timeField,
} from '../wire.ts'
import { anyKind, created, defined, inSession, noContent, ok } from './common.ts'

const expiresAt = timeField.nullable().openapi({ description: 'Null: does not expire.' })

const issued = ({ record, secret, token }: IssuedKey) => ({ ...keyBody(record), secret, token })
const own =
  'Shown this once: `secret` for HTTP Basic together with `id`, and `token` for `Authorization: ApiKey` and `X-API-Key`.'

/** A key or token may replace itself, and nothing else; people need a fresh session. */
export function mayRotate(call: Call, id: string): void {
  const caller = call.caller()
  // Not so a token that a key got for itself: it would live on as a key.
  const isItself = (caller.kind === 'api-key' || caller.kind === 'private-token') && caller.keyId === id
  if (caller.sessionId !== null || isItself) return
  throw new CardeaError('beyond_own_rights', {
    kind: caller.kind,
    internal: 'a key or private token can only rotate itself',
  })
}

export const keyRoutes: readonly Route[] = [
  route('GET', '/auth/keys', {
    tag: 'API keys',
    summary: 'The API keys of this account, newest first',
    takes: anyKind,
    needs: 'keys:read',
    query: revocablePageQuery,
    answers: ok('Keys, without their secrets.', pageOf(KeyBody, 'ApiKeyPage')),
    run: async (call) => {
      const { include_revoked, ...wish } = call.query
      const page = await call.core.keys.list(call.user(), {
        ...defined(wish),
        includeRevoked: include_revoked === 'true',
      })
      return { status: 200, body: pageBody(page, keyBody) }
    },
  }),
  route('POST', '/auth/keys', {
    tag: 'API keys',
    summary: 'Makes an API key',
    takes: inSession,
    strictKinds: true,
    needs: 'keys:write',
    fresh: 'all',
    body: z.strictObject({
      name: nameField,
      scopes: scopesField.optional(),
      expires_at: expiresAt.optional(),
      allow_addresses: addressesField.optional(),
      ...freshFields,
    }),
    answers: created(own, IssuedKeyBody),
    errors: ['beyond_own_rights'],
    run: async (call) => {
      const { name, scopes, expires_at: expiry, allow_addresses: allow } = call.body
      const wish = defined({
        name,
        scopes,
        allowAddresses: allow,
        expiresAt: typeof expiry === 'string' ? millis(expiry) : expiry,
      })
      return { status: 201, body: issued(await call.core.keys.issue(call.caller(), wish, call.origin)) }
    },
  }),
  route('GET', '/auth/keys/:id', {
    tag: 'API keys',
    summary: 'One API key',
    takes: anyKind,
    needs: 'keys:read',
    params: idParams,
    answers: ok('The key, without its secret.', KeyBody),
    errors: ['not_found'],
    run: async (call) => ({ status: 200, body: keyBody(await call.core.keys.byId(call.user(), call.params.id)) }),
  }),
  route('PATCH', '/auth/keys/:id', {
    tag: 'API keys',
    summary: 'Changes name, scopes, expiry or allowed addresses',
    takes: inSession,
    strictKinds: true,
    needs: 'keys:write',
    fresh: 'all',
    params: idParams,
    body: z.strictObject({
      name: nameField.optional(),
      scopes: scopesField.nullable().optional(),
      expires_at: expiresAt.optional(),
      allow_addresses: addressesField.optional(),
      ...freshFields,
    }),
    answers: ok('The key as it is now.', KeyBody),
    errors: ['not_found', 'beyond_own_rights', 'conflict'],
    run: async (call) => {
      const { name, scopes, expires_at: expiry, allow_addresses: allow } = call.body
      const patch = defined({
        name,
        scopes,
        allowAddresses: allow,
        expiresAt: typeof expiry === 'string' ? millis(expiry) : expiry,
      })
      return {
        status: 200,
        body: keyBody(await call.core.keys.update(call.caller(), call.params.id, patch, call.origin)),
      }
    },
  }),
  route('POST', '/auth/keys/:id/rotate', {
    tag: 'API keys',
    summary: 'Replaces a key; the old one lives on for the grace. A key may replace itself.',
    takes: [...inSession, 'api-key'],
    strictKinds: true,
    needs: 'keys:write',
    fresh: 'people',
    params: idParams,
    body: z.strictObject({ grace_seconds: graceField.default(0), ...freshFields }),
    answers: created(own, IssuedKeyBody),
    errors: ['not_found', 'beyond_own_rights', 'conflict'],
    run: async (call) => {
      mayRotate(call, call.params.id)
      const wish = { graceSeconds: call.body.grace_seconds }
      return {
        status: 201,
        body: issued(await call.core.keys.rotate(call.caller(), call.params.id, wish, call.origin)),
      }
    },
  }),
  route('DELETE', '/auth/keys/:id', {
    tag: 'API keys',
    summary: 'Revokes a key',
    takes: anyKind,
    needs: 'keys:write',
    params: idParams,
    answers: noContent('Revoked: refused from now on, everywhere.'),
    errors: ['not_found'],
    run: async (call) => {
      await call.core.keys.revoke(call.user(), call.params.id, call.caller(), call.origin)
      return { status: 204 }
    },
  }),
]
