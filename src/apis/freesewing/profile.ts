import { z } from '@hono/zod-openapi'
import type { Core } from '../../core/cardea.ts'
import type { Json } from '../../core/records.ts'
import { CardeaError } from '../../errors.ts'
import type { Millis, User } from '../../types.ts'

/* What FreeSewing keeps of a user beyond what every door knows. It is validated here, when it comes in and goes out. */

export const languages = ['en', 'de', 'es', 'fr', 'nl', 'uk'] as const
export type Language = (typeof languages)[number]

const object = z.record(z.string(), z.json())

/** As stored. What is missing, or is not what it should be, counts as never set. */
const Stored = z.object({
  bio: z.string().catch(''),
  compare: z.boolean().catch(true),
  /** Of users who came by another door it was never asked: they agreed to what is shown there. */
  consent: z.int().min(0).max(3).catch(1),
  control: z.int().min(1).max(5).catch(1),
  data: object.catch({}),
  github: z.string().catch(''),
  imperial: z.boolean().catch(false),
  img: z.string().catch(''),
  /** The address that the account was opened with. Null: not noted yet. */
  initial: z.string().nullable().catch(null),
  language: z.enum(languages).catch('en'),
  newsletter: z.boolean().catch(false),
  patron: z.int().min(0).catch(0),
  changedAt: z.number().catch(0),
})
export type Profile = Readonly<z.infer<typeof Stored>>

/** What a user can set; the rest is the contract's or an administrator's. */
export type ProfilePatch = Readonly<Partial<Omit<Profile, 'initial' | 'patron' | 'changedAt'>>>

function read(stored: Json): Profile {
  return Stored.parse(typeof stored === 'object' && stored !== null && !Array.isArray(stored) ? stored : {})
}

export async function readProfile(core: Core, user: User): Promise<Profile> {
  return read(await core.users.profile(user, 'freesewing'))
}

/** All of `data` together, as JSON: it grows by merging. */
const longestData = 32_768

/** The members of both, those of the patch winning. Throws request_invalid when there would be too much. */
export function mergeData(profile: Profile, patch: ProfilePatch): Profile['data'] {
  if (patch.data === undefined) return profile.data
  const data = { ...profile.data, ...patch.data }
  if (JSON.stringify(data).length <= longestData) return data
  const message = `must not be longer than ${longestData} characters in all`
  throw new CardeaError('request_invalid', { fields: [{ field: 'data', message }] })
}

/** Merges `data` by its members, and replaces all else. Throws request_invalid when `data` would become too long. */
export async function changeProfile(
  core: Core,
  user: User,
  patch: ProfilePatch & { readonly initial?: string },
): Promise<Profile> {
  const changedAt: Millis = core.clock.now()
  const stored = await core.users.changeProfile(user, 'freesewing', (before) => {
    const profile = read(before)
    return { ...profile, ...patch, data: mergeData(profile, patch), changedAt } as Json
  })
  return read(stored)
}

/** Notes the address that the account had when this door first saw it, so that it stays when another one is set. */
export async function noteInitial(core: Core, user: User, profile: Profile): Promise<Profile> {
  if (profile.initial !== null || user.email === null) return profile
  return changeProfile(core, user, { initial: user.email })
}
