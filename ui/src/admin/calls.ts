import type { components, operations } from 'cardea/client'
import { client, dataOf } from '../api/client.ts'

/* The calls of administrators, by name. */

type Schemas = components['schemas']
export type ManagedUser = Schemas['ManagedUser']
export type UserSession = Schemas['Session']
export type OwnedKey = Awaited<ReturnType<typeof credentials.keys>>['items'][number]
export type OwnedToken = Awaited<ReturnType<typeof credentials.tokens>>['items'][number]
export type LogEvent = Schemas['AuditEvent']
export type Statistics = Schemas['SignInStatistics']
export type SigningKeys = Schemas['SigningKeys']
export type PieceTypes = Schemas['PieceTypes']
export type PieceSample = Schemas['PieceSample']
export type Configuration = Schemas['Configuration']
export type Status = Schemas['Status']
export type CredentialState = NonNullable<CredentialQuery['state']>
export type Roles = Schemas['Roles']

type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>
type Body<Name extends keyof operations> =
  NonNullable<operations[Name]['requestBody']> extends { content: { 'application/json': infer B } } ? B : never

export type UserQuery = Query<'getAuthAdminUsers'>
export type CredentialQuery = Query<'getAuthAdminKeys'>
export type EventQuery = Query<'getAuthAdminEvents'>
export type UserPatch = Body<'patchAuthAdminUsersById'>

const { api } = client
const at = (id: string) => ({ path: { id } })

export const users = {
  list: (query: UserQuery) => dataOf(api.GET('/auth/admin/users', { params: { query } })),
  get: (id: string) => dataOf(api.GET('/auth/admin/users/{id}', { params: at(id) })),
  create: (body: Body<'postAuthAdminUsers'>) => dataOf(api.POST('/auth/admin/users', { body })),
  update: (id: string, body: UserPatch) => dataOf(api.PATCH('/auth/admin/users/{id}', { params: at(id), body })),
  remove: (id: string) => api.DELETE('/auth/admin/users/{id}', { params: at(id), body: {} }),
  resetFactor: (id: string) => api.DELETE('/auth/admin/users/{id}/mfa', { params: at(id), body: {} }),
  sendReset: (id: string) => api.POST('/auth/admin/users/{id}/password-reset', { params: at(id), body: {} }),
  sessions: (id: string) =>
    dataOf(api.GET('/auth/admin/users/{id}/sessions', { params: { ...at(id), query: { limit: 20 } } })),
  endSessions: (id: string) => dataOf(api.DELETE('/auth/admin/users/{id}/sessions', { params: at(id), body: {} })),
  impersonate: (id: string) => dataOf(api.POST('/auth/admin/users/{id}/impersonate', { params: at(id), body: {} })),
  makeKey: (id: string, body: Body<'postAuthAdminUsersByIdKeys'>) =>
    dataOf(api.POST('/auth/admin/users/{id}/keys', { params: at(id), body })),
  invite: (body: Body<'postAuthAdminInvitations'>) => api.POST('/auth/admin/invitations', { body }),
  roles: () => dataOf(api.GET('/auth/admin/roles')),
}

export const credentials = {
  keys: (query: CredentialQuery) => dataOf(api.GET('/auth/admin/keys', { params: { query } })),
  tokens: (query: CredentialQuery) => dataOf(api.GET('/auth/admin/tokens', { params: { query } })),
  revokeKey: (id: string) => api.DELETE('/auth/admin/keys/{id}', { params: at(id), body: {} }),
  revokeToken: (id: string) => api.DELETE('/auth/admin/tokens/{id}', { params: at(id), body: {} }),
}

export const log = {
  list: (query: EventQuery) => dataOf(api.GET('/auth/admin/events', { params: { query } })),
  kinds: () => dataOf(api.GET('/auth/admin/events/kinds')),
  statistics: (days: number) => dataOf(api.GET('/auth/admin/statistics', { params: { query: { days } } })),
  /** The file that the server makes of the log. */
  async export(query: Query<'getAuthAdminEventsExport'>): Promise<Blob> {
    const { data } = await api.GET('/auth/admin/events/export', { params: { query }, parseAs: 'blob' })
    return data as Blob
  },
}

export const server = {
  signingKeys: () => dataOf(api.GET('/auth/admin/signing-keys')),
  rotate: (body: Body<'postAuthAdminSigningKeysRotate'>) =>
    dataOf(api.POST('/auth/admin/signing-keys/rotate', { body })),
  pieces: () => dataOf(api.GET('/auth/admin/pieces')),
  sample: (type: string) => dataOf(api.GET('/auth/admin/pieces/{type}/sample', { params: { path: { type } } })),
  configuration: () => dataOf(api.GET('/auth/admin/configuration')),
  status: () => dataOf(api.GET('/auth/admin/status')),
}
