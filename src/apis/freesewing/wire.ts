import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Core } from '../../core/cardea.ts'
import type { ApiKey } from '../../core/records.ts'
import type { Millis, User, UserStatus } from '../../types.ts'
import { levelOfKey } from './levels.ts'
import { languages, type Profile } from './profile.ts'

/* What this contract answers. Names and types are those that its clients read; times are ISO 8601 with milliseconds. */

export const iso = (at: Millis): string => new Date(at).toISOString()
const isoOrNull = (at: Millis | null): string | null => (at === null ? null : iso(at))

export const statusNumbers = { pending: 0, active: 1, disabled: -1, blocked: -2 } as const satisfies Record<
  UserStatus,
  number
>

const time = z.iso.datetime()

export const AccountBody = z
  .object({
    id: z.int(),
    bio: z.string(),
    compare: z.boolean(),
    consent: z.int().min(0).max(3),
    control: z.int().min(1).max(5),
    createdAt: time,
    data: z.record(z.string(), z.unknown()),
    ehash: z.string(),
    email: z.string(),
    github: z.string(),
    ihash: z.string(),
    img: z.string(),
    imperial: z.boolean(),
    initial: z.string(),
    jwtCalls: z.int(),
    keyCalls: z.int(),
    language: z.enum(languages),
    lastSeen: time.nullable(),
    lastSignIn: time.nullable(),
    lusername: z.string(),
    mfaEnabled: z.boolean(),
    newsletter: z.boolean(),
    passwordType: z.literal('v3'),
    patron: z.int(),
    role: z.string(),
    status: z.int(),
    updatedAt: time,
    username: z.string(),
  })
  .openapi('FreesewingAccount')

/** `seenAt`: the call that is being answered, where it came with a credential. */
export function accountBody(
  core: Core,
  user: User,
  profile: Profile,
  seenAt: Millis | null,
): z.infer<typeof AccountBody> {
  const email = user.email ?? ''
  const initial = profile.initial ?? email
  const { changedAt: _, initial: __, ...own } = profile
  return {
    id: user.id,
    ...own,
    createdAt: iso(user.createdAt),
    ehash: email === '' ? '' : createHash('sha256').update(email).digest('hex'),
    email,
    ihash: initial === '' ? '' : core.emailMark(initial),
    initial,
    // Nothing is written while a credential is checked, so calls are not counted.
    jwtCalls: 0,
    keyCalls: 0,
    lastSeen: isoOrNull(seenAt),
    lastSignIn: isoOrNull(user.lastSignInAt),
    lusername: user.username.toLowerCase(),
    mfaEnabled: user.hasFactor,
    passwordType: 'v3',
    role: core.roles.faceOf(user.role).freesewing.role,
    status: statusNumbers[user.status],
    updatedAt: iso(Math.max(user.updatedAt, profile.changedAt)),
    username: user.username,
  }
}

export const ProfileBody = z
  .object({
    id: z.int(),
    bio: z.string(),
    ihash: z.string(),
    patron: z.int(),
    role: z.string(),
    username: z.string(),
  })
  .openapi('FreesewingProfile')

/** What anybody may see of anybody. */
export function profileBody(core: Core, user: User, profile: Profile): z.infer<typeof ProfileBody> {
  const { id, bio, ihash, patron, role, username } = accountBody(core, user, profile, null)
  return { id, bio, ihash, patron, role, username }
}

const key = {
  key: z.uuid(),
  level: z.int().min(0).max(9),
  createdAt: time,
  expiresAt: time.nullable(),
  name: z.string(),
  userId: z.int(),
}
export const KeyBody = z.object(key).openapi('FreesewingKey')
export const IssuedKeyBody = z.object({ ...key, secret: z.string().length(64) }).openapi('FreesewingIssuedKey')
export const OwnKeyBody = z
  .object({ key: key.key, level: key.level, expiresAt: key.expiresAt, name: key.name, userId: key.userId })
  .openapi('FreesewingOwnKey')
export const ListedKeyBody = z
  .object({
    id: key.key,
    calls: z.int(),
    createdAt: time,
    expiresAt: time.nullable(),
    name: z.string(),
    lastSeen: time.nullable(),
    level: key.level,
    userId: z.int(),
  })
  .openapi('FreesewingListedKey')

export function keyBody(core: Core, owner: User, record: ApiKey): z.infer<typeof KeyBody> {
  return {
    key: record.id,
    level: levelOfKey(core, owner, record),
    createdAt: iso(record.createdAt),
    expiresAt: isoOrNull(record.expiresAt),
    name: record.name,
    userId: record.userId,
  }
}

export function listedKeyBody(core: Core, owner: User, record: ApiKey): z.infer<typeof ListedKeyBody> {
  const { key: id, ...rest } = keyBody(core, owner, record)
  return { id, ...rest, calls: 0, lastSeen: isoOrNull(record.lastUsedAt) }
}

const result = z.literal('success')
export const successBody = <T extends z.ZodRawShape>(members: T) => z.object({ result, ...members })
export const SignedInBody = successBody({ token: z.string(), account: AccountBody }).openapi('FreesewingSignedIn')
export const AccountAnswer = successBody({ account: AccountBody }).openapi('FreesewingAccountAnswer')
export const ErrorBody = z
  .object({
    result: z.literal('error'),
    error: z.union([z.string(), z.object({ error: z.string() })]),
  })
  .openapi('FreesewingError')
