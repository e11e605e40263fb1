import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { PrivateToken } from '../../core/records.ts'
import type { IssuedToken as Issued } from '../../core/tokens.ts'
import type { Millis, User } from '../../types.ts'

/* What this contract answers. */

const messages = z.array(z.object({ token_class: z.string(), token_type: z.string(), message: z.string() }))
export const ErrorBody = z
  .union([
    z.object({ detail: z.string(), code: z.string().optional(), messages: messages.optional() }),
    z.record(z.string(), z.array(z.string())),
  ])
  .openapi('HautaiError')

export const SignedInBody = z
  .object({
    id: z.int(),
    email: z.string(),
    username: z.string(),
    company_id: z.uuid(),
    token_access: z.string(),
    access_token: z.string(),
    refresh_token: z.string(),
    is_verified: z.boolean(),
    profile: z.object({
      full_name: z.string(),
      kyc_enabled: z.boolean(),
      terms_and_policy_accepted_at: z.iso.datetime().nullable(),
    }),
  })
  .openapi('HautaiSignedIn')

const time = z.iso.datetime()
const token = { id: z.int(), name: z.string(), expiration_time: time }

export const IssuedToken = z.object({ ...token, data: z.string() }).openapi('HautaiIssuedToken')
export const ListedToken = z
  .object({ ...token, created_at: time, last_used_at: time.nullable(), revoked_at: time.nullable() })
  .openapi('HautaiToken')

const iso = (at: Millis): string => new Date(at).toISOString()
const isoOrNull = (at: Millis | null): string | null => (at === null ? null : iso(at))

export function issuedToken({ record, token: data }: Issued): z.infer<typeof IssuedToken> {
  return { id: record.id, name: record.name, expiration_time: iso(record.expiresAt), data }
}

export function listedToken(record: PrivateToken): z.infer<typeof ListedToken> {
  return {
    id: record.id,
    name: record.name,
    expiration_time: iso(record.expiresAt),
    created_at: iso(record.createdAt),
    last_used_at: isoOrNull(record.lastUsedAt),
    revoked_at: isoOrNull(record.revokedAt),
  }
}

/**
 * Belongs to the account and never changes. Made of its public id, so that nothing has to be kept; a version 8 UUID
 * (RFC 9562, section 5.8).
 */
export function companyId({ publicId }: Pick<User, 'publicId'>): string {
  const hex = createHash('sha256').update(`hautai company of ${publicId}`).digest('hex')
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4] ?? '8'
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** The account as a sign-in shows it; the name to sign in with is the address, where there is one. */
export function accountBody(user: User) {
  const email = user.email ?? user.unprovenEmail ?? ''
  return {
    id: user.id,
    email,
    username: email === '' ? user.username : email,
    company_id: companyId(user),
    is_verified: user.email !== null,
    profile: { full_name: user.username, kyc_enabled: false, terms_and_policy_accepted_at: null },
  }
}
