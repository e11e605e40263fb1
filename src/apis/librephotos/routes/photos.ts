import { z } from '@hono/zod-openapi'
import type { Photo } from '../../../core/records.ts'
import { CardeaError } from '../../../errors.ts'
import { type Call, type Route, route } from '../../api.ts'
import { pageBody, readPage } from '../../django/paging.ts'
import { answer, type Door, mediaPath, ordinary } from '../door.ts'
import { renderPageError } from '../errors.ts'
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

export const photoRoutes = (door: Door): readonly Route[] => [
  route('GET', '/api/photos/', {
    tag: 'LibrePhotos: photos',
    summary: 'The photos of the caller, newest first; without a credential those that are public',
    takes: ordinary(door),
    anonymous: true,
    needs: 'account:read',
    query: PageQuery,
    answers: { 200: answer('A page of them.', PhotoPage) },
    errors: ['not_found'],
    renderError: renderPageError,
    run: async (call) => {
      const { core, query, request } = call
      const viewer = call.principal === null ? null : call.user()
      const wanted = readPage(query, pages)
      if (wanted.page === null) throw new CardeaError('not_found')
      const { count, photos } = await core.photos.list(viewer, wanted.slice)
      const ownerOf = await readOwners(call, photos)
      const results = photos.map((photo) =>
        photoBody(photo, ownerOf(photo), photo.userId === viewer?.id, mediaPath(door)),
      )
      const body = pageBody(wanted, { count, results }, { base: door.base, request })
      if (body === null) throw new CardeaError('not_found')
      return { status: 200, body }
    },
  }),
]
