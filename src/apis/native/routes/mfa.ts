import { z } from '@hono/zod-openapi'
import { type Route, route } from '../../api.ts'
import { codeField, freshFields, iso, revokeKeys } from '../wire.ts'
import { created, inSession, noContent, ok } from './common.ts'

const RecoveryCodes = z
  .object({
    recovery_codes: z
      .array(z.string())
      .openapi({ description: 'Each signs in once in place of a code. Shown this once.' }),
  })
  .openapi('RecoveryCodes')

export const mfaRoutes: readonly Route[] = [
  route('POST', '/auth/mfa/totp', {
    tag: 'Second factor',
    summary: 'Begins to enrol an authenticator app',
    takes: inSession,
    strictKinds: true,
    needs: 'account:write',
    fresh: 'all',
    body: z.strictObject(freshFields),
    answers: created(
      'The secret, pending for ten minutes until a code of it is sent to /auth/mfa/totp/confirm.',
      z
        .object({
          secret: z.string().openapi({ description: 'For typing into an app: Base32.' }),
          uri: z.string().openapi({ description: '`otpauth:`, for opening in an app.' }),
          qr_svg: z.string().openapi({ description: 'The same as a picture: SVG.' }),
          expires_at: z.iso.datetime(),
        })
        .openapi('TotpEnrolment'),
    ),
    errors: ['factor_exists'],
    run: async (call) => {
      const { secret, uri, svg, expiresAt } = await call.core.mfa.begin(call.user(), call.origin)
      return { status: 201, body: { secret, uri, qr_svg: svg, expires_at: iso(expiresAt) } }
    },
  }),
  route('POST', '/auth/mfa/totp/confirm', {
    tag: 'Second factor',
    summary: 'Switches the second factor on with a code of the new secret',
    takes: inSession,
    strictKinds: true,
    needs: 'account:write',
    fresh: 'all',
    body: z.strictObject({ code: codeField, revoke_keys: revokeKeys, current_password: freshFields.current_password }),
    answers: ok('On. All other sessions have ended.', RecoveryCodes),
    errors: ['factor_exists', 'factor_missing', 'factor_wrong', 'rate_limited'],
    run: async (call) => {
      const { recoveryCodes } = await call.core.mfa.confirm(
        call.user(),
        call.body.code,
        call.caller().sessionId,
        call.origin,
        { revokeKeys: call.body.revoke_keys },
      )
      return { status: 200, body: { recovery_codes: [...recoveryCodes] } }
    },
  }),
  route('DELETE', '/auth/mfa/totp', {
    tag: 'Second factor',
    summary: 'Switches the second factor off',
    takes: inSession,
    strictKinds: true,
    needs: 'account:write',
    fresh: 'all',
    body: z.strictObject({ revoke_keys: revokeKeys, ...freshFields }),
    answers: noContent('Off. All other sessions have ended.'),
    errors: ['factor_missing'],
    run: async (call) => {
      await call.core.mfa.disable(call.user(), call.caller(), call.caller().sessionId, call.origin, {
        revokeKeys: call.body.revoke_keys,
      })
      return { status: 204 }
    },
  }),
  route('POST', '/auth/mfa/recovery-codes', {
    tag: 'Second factor',
    summary: 'Makes ten new recovery codes; the old ones die',
    takes: inSession,
    strictKinds: true,
    needs: 'account:write',
    fresh: 'all',
    limit: 'address',
    body: z.strictObject(freshFields),
    answers: created('The new codes.', RecoveryCodes),
    errors: ['factor_missing'],
    run: async (call) => ({
      status: 201,
      body: { recovery_codes: [...(await call.core.mfa.newRecoveryCodes(call.user(), call.origin))] },
    }),
  }),
]
