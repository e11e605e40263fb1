import { z } from '@hono/zod-openapi'
import type { OpenPhoto, PhotoWish } from '../../../core/photos.ts'
import type { Photo } from '../../../core/records.ts'
import { CardeaError } from '../../../errors.ts'
import { inlineAs } from '../../../http/disposition.ts'
import { fileReply } from '../../../http/file-reply.ts'
import type { Reply } from '../../../http/reply.ts'
import type { User } from '../../../types.ts'
import { type Answer, type Call, type Route, route } from '../../api.ts'
import { createMediaReader } from '../credentials.ts'
import { type Door, ordinary } from '../door.ts'
import { renderMediaError } from '../errors.ts'

const tag = 'LibrePhotos: pictures'

/** The folders that pictures are asked for in, as this contract's clients know them. */
const folders: Readonly<Record<string, { readonly wish: PhotoWish; readonly summary: string }>> = {
  photos: { wish: 'original', summary: 'A photo; for others than its owner without anything but the picture itself' },
  square_thumbnails: { wish: 'square', summary: 'A photo cut to a square of 500 pixels' },
  square_thumbnails_small: { wish: 'square-small', summary: 'A photo cut to a square of 250 pixels' },
  thumbnails_big: { wish: 'big', summary: 'A photo of at most 1080 pixels in height' },
}

const pictures = (description: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  description,
  type: 'image/jpeg',
  otherTypes: ['image/png', 'image/webp', 'image/gif', 'image/avif'],
  headers: { ETag: 'Strong.', 'Cache-Control': 'For this caller only.', ...headers },
})
const contentRange = { 'Content-Range': 'Which bytes of how many.' }

const answers: Readonly<Record<number, Answer>> = {
  200: pictures('The picture.'),
  206: pictures('The part of it that was asked for.', contentRange),
  304: { description: 'The caller has it.' },
  416: { description: 'No byte of the part that was asked for is there.', headers: contentRange },
}

/** Where nginx finds it: the names of the locations are those of the contract's own configuration. */
const locations = { library: '/original', copies: '/protected_media' } as const

/** nginx decodes the path once; nothing in a name can end the header or lead elsewhere. */
function accelPath({ from, file }: OpenPhoto): string {
  return [locations[from], ...file.location.split('/').map(encodeURIComponent)].join('/')
}

/** What the answer says beside the bytes: the name of the file to its owner only. */
function headersFor(photo: Photo, viewer: User | null, { from }: OpenPhoto): Readonly<Record<string, string>> {
  const name = photo.path.split('/').at(-1) ?? ''
  return {
    'Content-Disposition': from === 'library' && viewer?.id === photo.userId ? inlineAs(name) : 'inline',
    // Asked again each time: who may see it can change, and so can what is sent of it.
    'Cache-Control': 'private, no-cache',
    Vary: 'Authorization, Cookie, Origin',
  }
}

const sendPicture =
  ({ settings }: Door, wish: PhotoWish) =>
  async (call: Call<unknown, unknown, { hash: string }>): Promise<Reply> => {
    const viewer = call.principal === null ? null : call.user()
    // This contract's own addresses of thumbnails end so.
    const hash = wish === 'original' ? call.params.hash : call.params.hash.replace(/\.webp$/, '')
    const found = await call.core.photos.open(viewer, hash, wish)
    if (found === null) throw new CardeaError(viewer === null ? 'credentials_missing' : 'not_found')
    const { photo, open } = found
    const { file, type, tag: version } = open
    const headers = headersFor(photo, viewer, open)
    if (!settings.accelRedirect) return fileReply({ ...file, type, etag: `"${version}"` }, call.request, headers)
    await file.close()
    return { status: 200, type, body: '', headers: { ...headers, 'X-Accel-Redirect': accelPath(open) } }
  }

export const mediaRoutes = (door: Door): readonly Route[] => {
  const readCredentials = createMediaReader()
  return Object.entries(folders).map(([folder, { wish, summary }]) =>
    route('GET', `/media/${folder}/:hash`, {
      tag,
      summary,
      takes: ordinary(door),
      anonymous: true,
      needs: 'account:read',
      readCredentials,
      badCookie: 'anonymous',
      params: z.object({ hash: z.string() }),
      answers,
      errors: ['not_found', 'credentials_missing', 'busy', 'unavailable'],
      renderError: renderMediaError,
      run: sendPicture(door, wish),
    }),
  )
}
