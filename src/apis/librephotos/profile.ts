import { z } from '@hono/zod-openapi'
import type { Core } from '../../core/cardea.ts'
import type { Json } from '../../core/records.ts'
import type { User } from '../../types.ts'
import { decimal, flag, text, wholeNumber } from '../django/fields.ts'

/**
 * What this contract keeps of a user beyond the account: names, a claimed e-mail address, and the preferences of its
 * pages, each with the value that a new user has. What a row of the store lacks, or holds in another type, is that value.
 */
export const Preferences = z.object({
  first_name: z.string().max(150).catch(''),
  last_name: z.string().max(150).catch(''),
  public_sharing: z.boolean().catch(false),
  confidence: z.number().catch(0.1),
  confidence_person: z.number().catch(0.9),
  confidence_unknown_face: z.number().catch(0.5),
  semantic_search_topk: z.int().catch(0),
  favorite_min_rating: z.int().catch(4),
  image_scale: z.number().catch(1),
  transcode_videos: z.boolean().catch(false),
  save_metadata_to_disk: z.enum(['OFF', 'MEDIA_FILE', 'SIDECAR_FILE']).catch('OFF'),
  default_timezone: z.string().max(100).catch('UTC'),
  datetime_rules: z.string().max(10_000).catch('[]'),
  llm_settings: z.string().max(10_000).catch('{}'),
  face_recognition_model: z.string().max(100).catch('HOG'),
  min_cluster_size: z.int().catch(0),
  min_samples: z.int().catch(1),
  cluster_selection_epsilon: z.number().catch(0.05),
})

const Stored = Preferences.extend({
  /** What the user typed as their address; it identifies nobody. */
  email: z.string().max(254).nullable().catch(null),
})
export type Profile = z.infer<typeof Stored>
export type ProfilePatch = Partial<Profile>

/** What a row of the store says. */
export function profileFrom(stored: Json): Profile {
  return Stored.parse(typeof stored === 'object' && stored !== null && !Array.isArray(stored) ? stored : {})
}

const share = decimal(0, 1)
const small = wholeNumber(0, 1_000_000)
const words = (max: number) => text({ max, blank: true })

/** A first or last name, which others are shown. */
export const ownName = text({ max: 150, blank: true, plain: true })

/** What of a profile its owner (and staff) may change, in the framework's words where it is not right. */
export const patchFields = {
  first_name: ownName,
  last_name: ownName,
  public_sharing: flag,
  confidence: share,
  confidence_person: share,
  confidence_unknown_face: share,
  semantic_search_topk: small,
  favorite_min_rating: wholeNumber(0, 5),
  image_scale: decimal(0, 100),
  transcode_videos: flag,
  save_metadata_to_disk: z.enum(['OFF', 'MEDIA_FILE', 'SIDECAR_FILE'], { error: 'This is not a valid choice.' }),
  default_timezone: words(100),
  datetime_rules: words(10_000),
  llm_settings: words(10_000),
  face_recognition_model: words(100),
  min_cluster_size: small,
  min_samples: small,
  cluster_selection_epsilon: share,
} as const satisfies Record<keyof typeof Preferences.shape, z.ZodType>

export async function readProfile(core: Core, user: User): Promise<Profile> {
  return profileFrom(await core.users.profile(user, 'librephotos'))
}

export async function changeProfile(core: Core, user: User, patch: ProfilePatch): Promise<Profile> {
  const change = (before: Json) => ({ ...profileFrom(before), ...patch }) as Json
  return profileFrom(await core.users.changeProfile(user, 'librephotos', change))
}
