import type { Client as OpenApiClient } from 'openapi-fetch'
import type { operations, paths } from './schema.ts'

export type Api = OpenApiClient<paths, `${string}/json`>

type Body<Name extends keyof operations> =
  NonNullable<operations[Name]['requestBody']> extends { content: { 'application/json': infer B } } ? B : never
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>

/** The body of a success. Failures were thrown before there was anything to unwrap. */
async function dataOf<T>(answer: Promise<{ readonly data?: T }>): Promise<NonNullable<T>> {
  return (await answer).data as NonNullable<T>
}

async function done(answer: Promise<unknown>): Promise<void> {
  await answer
}

const at = (id: string) => ({ path: { id } })

/** The calls about the account that is signed in, by name. `api` has all the others. */
export function createCalls(api: Api) {
  return {
    account: {
      /** Who is signed in and what the credential may do, as the server sees it now. */
      me: () => dataOf(api.GET('/auth/me')),
      update: (body: Body<'patchAuthMe'>) => dataOf(api.PATCH('/auth/me', { body })),
      remove: (body: Body<'deleteAuthMe'> = {}) => done(api.DELETE('/auth/me', { body })),
      /** Proves all factors again, so that changes of credentials are allowed for ten minutes. */
      reauthenticate: (body: Body<'postAuthMeReauthenticate'>) => done(api.POST('/auth/me/reauthenticate', { body })),
      changePassword: (body: Body<'postAuthMePassword'>) => done(api.POST('/auth/me/password', { body })),
      events: (query: Query<'getAuthMeEvents'> = {}) => dataOf(api.GET('/auth/me/events', { params: { query } })),
    },
    factor: {
      /** Begins to enrol an authenticator app: secret, `otpauth:` address and QR code as SVG. */
      begin: (body: Body<'postAuthMfaTotp'> = {}) => dataOf(api.POST('/auth/mfa/totp', { body })),
      /** Switches it on; answers the recovery codes, this once. */
      confirm: (body: Body<'postAuthMfaTotpConfirm'>) => dataOf(api.POST('/auth/mfa/totp/confirm', { body })),
      remove: (body: Body<'deleteAuthMfaTotp'> = {}) => done(api.DELETE('/auth/mfa/totp', { body })),
      newRecoveryCodes: (body: Body<'postAuthMfaRecoveryCodes'> = {}) =>
        dataOf(api.POST('/auth/mfa/recovery-codes', { body })),
    },
    sessions: {
      list: (query: Query<'getAuthSessions'> = {}) => dataOf(api.GET('/auth/sessions', { params: { query } })),
      end: (id: string, body: Body<'deleteAuthSessionsById'> = {}) =>
        done(api.DELETE('/auth/sessions/{id}', { params: at(id), body })),
      endOthers: (body: Body<'deleteAuthSessions'> = {}) => dataOf(api.DELETE('/auth/sessions', { body })),
    },
    keys: {
      list: (query: Query<'getAuthKeys'> = {}) => dataOf(api.GET('/auth/keys', { params: { query } })),
      get: (id: string) => dataOf(api.GET('/auth/keys/{id}', { params: at(id) })),
      /** `secret` and `token` of the answer are shown this once. */
      create: (body: Body<'postAuthKeys'>) => dataOf(api.POST('/auth/keys', { body })),
      update: (id: string, body: Body<'patchAuthKeysById'>) =>
        dataOf(api.PATCH('/auth/keys/{id}', { params: at(id), body })),
      rotate: (id: string, body: Body<'postAuthKeysByIdRotate'> = {}) =>
        dataOf(api.POST('/auth/keys/{id}/rotate', { params: at(id), body })),
      revoke: (id: string) => done(api.DELETE('/auth/keys/{id}', { params: at(id) })),
    },
    tokens: {
      list: (query: Query<'getAuthTokens'> = {}) => dataOf(api.GET('/auth/tokens', { params: { query } })),
      /** `token` of the answer is shown this once. */
      create: (body: Body<'postAuthTokens'>) => dataOf(api.POST('/auth/tokens', { body })),
      rotate: (id: string, body: Body<'postAuthTokensByIdRotate'> = {}) =>
        dataOf(api.POST('/auth/tokens/{id}/rotate', { params: at(id), body })),
      revoke: (id: string) => done(api.DELETE('/auth/tokens/{id}', { params: at(id) })),
    },
  }
}

/** Calls of people who are not signed in. */
export function createOpenCalls(api: Api) {
  return {
    signUp: (body: Body<'postAuthSignUp'>) => dataOf(api.POST('/auth/sign-up', { body })),
    /** Makes the first administrator with the code that the server printed. */
    setUp: (body: Body<'postAuthSetup'>) => dataOf(api.POST('/auth/setup', { body })),
    forgotPassword: (identifier: string) => done(api.POST('/auth/password/forgot', { body: { identifier } })),
    resetPassword: (body: Body<'postAuthPasswordReset'>) => done(api.POST('/auth/password/reset', { body })),
    confirmEmail: (body: Body<'postAuthEmailConfirm'>) => done(api.POST('/auth/email/confirm', { body })),
    undoEmail: (token: string) => done(api.POST('/auth/email/undo', { body: { token } })),
    /** Mails a link to sign in with. Answers the same whether there is such an account. */
    requestLink: (identifier: string) => done(api.POST('/auth/sign-in/link', { body: { identifier } })),
  }
}
