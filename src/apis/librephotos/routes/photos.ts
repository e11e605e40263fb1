import { z } from '@hono/zod-openapi'
import type { Photo } from '../../../core/records.ts'
import type { Reply } from '../../../http/reply.ts'
import type { User } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import { noPage, pageBody, readPage } from '../../django/paging.ts'
import { answer, type Door, mediaPath, ordinary } from '../door.ts'
import { profileFrom } from '../profile.ts'
import { PhotoPage, photoBody } from '../wire.ts'

/** Smaller than the contract's own (50,000): one answer must not keep the server from all others. */
const pages = { size: 1000, maxSize: 10_000 } as const
const PageQuery = z.object({ page: z.string().optional(), page_size: z.string().optional() })

/** How lists show the owners of photos. */
async function readOwners({ core }: Call, photos: readonly Photo[]) {
  const ids = [...new Set(photos.map(({ userId }) => userId))]
  const profiles = await core.users.profiles(
    ids.map((id) => ({ id })),
    'librephotos',
  )
  return ({ userId: id, owner: { username } }: Photo) => {
    const { first_name, last_name } = profileFrom(profiles.get(id) ?? null)
    return { id, username, first_name, last_name }
  }
}

/** A page of what the viewer may see; with a text, of what lies where that is part of the path. */
async function pageFor(
  call: Call<undefined, z.infer<typeof PageQuery>>,
  door: Door,
  viewer: User | null,
  search?: string,
): Promise<Reply> {
  const { core, query, request } = call
  const wanted = readPage(query, pages)
  if (wanted.page === null) throw noPage()
  const { count, photos } = await core.photos.list(viewer, { ...wanted.slice, ...(search && { search }) })
  const ownerOf = await readOwners(call, photos)
  const results = photos.map((photo) => photoBody(photo, ownerOf(photo), photo.userId === viewer?.id, mediaPath(door)))
  const body = pageBody(wanted, { count, results }, { base: door.base, request })
  if (body === null) throw noPage()
  return { status: 200, body }
}

const tag = 'LibrePhotos: photos'
const answers = { 200: answer('A page of them.', PhotoPage) }

export const photoRoutes = (door: Door): readonly Route[] => [
  route('GET', '/api/photos/', {
    tag,
    summary: 'The photos of the caller, newest first; without a credential those that are public',
    takes: ordinary(door),
    anonymous: true,
    needs: 'account:read',
    query: PageQuery,
    answers,
    errors: ['not_found'],
    run: (call) => pageFor(call, door, call.principal === null ? null : call.user()),
  }),
  route('GET', '/api/photos/searchlist/', {
    tag,
    summary: 'Those of the caller’s photos whose file or folder is called like the text of `search`',
    takes: ordinary(door),
    needs: 'account:read',
    query: PageQuery.extend({ search: z.string().max(200).default('') }),
    answers,
    errors: ['not_found'],
    run: (call) => pageFor(call, door, call.user(), call.query.search.trim()),
  }),
]
