import { z } from '@hono/zod-openapi'
import type { Core } from '../../core/cardea.ts'
import type { Json, PhotoCounts } from '../../core/records.ts'
import { CardeaError } from '../../errors.ts'
import type { Millis, User } from '../../types.ts'
import { Preferences, type Profile, profileFrom, readProfile } from './profile.ts'

/* People as this contract shows them. Names and types are those that its pages read. */

const iso = (at: Millis | null): string | null => (at === null ? null : new Date(at).toISOString())
const time = z.iso.datetime()

/** What anybody may see of somebody. */
export const PublicUser = z
  .object({
    id: z.int(),
    username: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    avatar_url: z.null(),
    public_photo_count: z.int(),
    public_photo_samples: z.array(z.unknown()),
    public_sharing: z.boolean(),
  })
  .openapi('LibrephotosPublicUser')

const preferences = z.object(
  Object.fromEntries(Object.entries(Preferences.shape).map(([name, schema]) => [name, schema.unwrap()])) as {
    [K in keyof typeof Preferences.shape]: ReturnType<(typeof Preferences.shape)[K]['unwrap']>
  },
)

/** What oneself and staff see. */
export const FullUser = preferences
  .extend({
    id: z.int(),
    username: z.string(),
    email: z.string(),
    is_superuser: z.boolean(),
    is_staff: z.boolean(),
    date_joined: time,
    last_login: time.nullable(),
    scan_directory: z.string(),
    avatar: z.null(),
    avatar_url: z.null(),
    photo_count: z.int(),
    public_photo_count: z.int(),
    public_photo_samples: z.array(z.unknown()),
    nextcloud_server_address: z.null(),
    nextcloud_username: z.null(),
    nextcloud_scan_directory: z.null(),
  })
  .openapi('LibrephotosUser')

export const ManagedUser = FullUser.pick({
  id: true,
  username: true,
  email: true,
  first_name: true,
  last_name: true,
  scan_directory: true,
  confidence: true,
  semantic_search_topk: true,
  last_login: true,
  date_joined: true,
  photo_count: true,
  favorite_min_rating: true,
  image_scale: true,
  save_metadata_to_disk: true,
}).openapi('LibrephotosManagedUser')

/** Somebody with what this contract says of them. */
export interface Person {
  readonly user: User
  readonly profile: Profile
  readonly photos: PhotoCounts
}

export function publicUser({ user, profile, photos }: Person): z.infer<typeof PublicUser> {
  return {
    id: user.id,
    username: user.username,
    first_name: profile.first_name,
    last_name: profile.last_name,
    avatar_url: null,
    public_photo_count: photos.public,
    public_photo_samples: [],
    public_sharing: profile.public_sharing,
  }
}

export function fullUser(core: Core, person: Person): z.infer<typeof FullUser> {
  const { user, photos } = person
  const { email, ...own } = person.profile
  const { isStaff, isSuperuser } = core.roles.faceOf(user.role).librephotos
  return {
    ...publicUser(person),
    ...own,
    // What somebody typed stays to be seen, also where another one has that address.
    email: email ?? user.email ?? user.unprovenEmail ?? '',
    is_superuser: isSuperuser,
    is_staff: isStaff,
    date_joined: new Date(user.createdAt).toISOString(),
    last_login: iso(user.lastSignInAt),
    scan_directory: '',
    avatar: null,
    photo_count: photos.all,
    nextcloud_server_address: null,
    nextcloud_username: null,
    nextcloud_scan_directory: null,
  }
}

export function managedUser(core: Core, person: Person): z.infer<typeof ManagedUser> {
  return ManagedUser.parse(fullUser(core, person))
}

const noPhotos: PhotoCounts = { all: 0, public: 0 }

/** Several at once, with one look at their profiles and one at their photos. */
export async function peopleOf(core: Core, users: readonly User[]): Promise<readonly Person[]> {
  const stored: ReadonlyMap<number, Json> = await core.users.profiles(users, 'librephotos')
  const photos = await core.photos.counts(users)
  return users.map((user) => ({
    user,
    profile: profileFrom(stored.get(user.id) ?? null),
    photos: photos.get(user.id) ?? noPhotos,
  }))
}

/** One of them, whose profile is at hand. */
export async function withPhotos(core: Core, user: User, profile: Profile): Promise<Person> {
  return { user, profile, photos: (await core.photos.counts([user])).get(user.id) ?? noPhotos }
}

export const idParams = z.object({ id: z.string().max(40) })

/** Somebody by number. Throws not_found in the contract's words. */
export async function personOf(core: Core, id: string): Promise<Person> {
  const user = /^\d{1,15}$/.test(id) ? await core.users.byId(Number(id)) : null
  if (user === null) throw noUser()
  return withPhotos(core, user, await readProfile(core, user))
}

export const noUser = (): CardeaError => new CardeaError('not_found', { extra: { model: 'User' } })
