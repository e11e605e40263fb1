import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Call, type Route, route } from '../../api.ts'
import { pageBody, readPage } from '../../django/paging.ts'
import { answer, type Door, mediaPath, ordinary } from '../door.ts'
import { renderPageError } from '../errors.ts'
import { readProfile } from '../profile.ts'
import { PhotoPage, photoBody } from '../wire.ts'

/** Smaller than the contract's own (50,000): one answer must not keep the server from all others. */
const pages = { size: 1000, maxSize: 10_000 } as const
const PageQuery = z.object({ page: z.string().optional(), page_size: z.string().optional() })

/** Owners as the list shows them, each read once. */
function createOwners({ core }: Call) {
  const known = new Map<number, Promise<{ first_name: string; last_name: string }>>()
  return async (id: number, username: string) => {
    const names = known.get(id) ?? readProfile(core, { id })
    known.set(id, names)
    const { first_name, last_name } = await names
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
      const ownerOf = createOwners(call)
      const bodyOf = async (photo: (typeof photos)[number]) => {
        const owner = await ownerOf(photo.userId, photo.owner.username)
        return photoBody(photo, owner, photo.userId === viewer?.id, mediaPath(door))
      }
      const results = await Promise.all(photos.map(bodyOf))
      const body = pageBody(wanted, { count, results }, { base: door.base, request })
      if (body === null) throw new CardeaError('not_found')
      return { status: 200, body }
    },
  }),
]
