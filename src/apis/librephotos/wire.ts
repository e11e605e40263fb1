import { z } from '@hono/zod-openapi'
import type { Photo } from '../../core/records.ts'
import { pageOf } from '../django/paging.ts'

/* What this contract answers. Names and types are those that its clients read. */

export const ErrorBody = z
  .object({ errors: z.array(z.object({ field: z.string(), message: z.string() })) })
  .openapi('LibrephotosErrors')

export const TokenPair = z.object({ refresh: z.string(), access: z.string() }).openapi('LibrephotosTokenPair')
export const AccessToken = z.object({ access: z.string() }).openapi('LibrephotosAccess')
export const Nothing = z.strictObject({}).openapi('LibrephotosNothing')

export const PhotoOwner = z
  .object({ id: z.int(), username: z.string(), first_name: z.string(), last_name: z.string() })
  .openapi('LibrephotosPhotoOwner')

/** Of this contract's many fields those that there is something to say in. */
export const PhotoBody = z
  .object({
    image_hash: z.string(),
    /** Below the library; empty for those who are not the owner. */
    image_path: z.array(z.string()),
    exif_timestamp: z.iso.datetime().nullable(),
    square_thumbnail_url: z.string(),
    small_square_thumbnail_url: z.string(),
    big_thumbnail_url: z.string(),
    public: z.boolean(),
    video: z.literal(false),
    owner: PhotoOwner,
    size: z.int(),
    width: z.int(),
    height: z.int(),
  })
  .openapi('LibrephotosPhoto')
export const PhotoPage = pageOf(PhotoBody, 'LibrephotosPhotoPage')

/** `media`: path of the pictures, without a slash at its end. */
export function photoBody(
  photo: Photo,
  owner: z.infer<typeof PhotoOwner>,
  isOwner: boolean,
  media: string,
): z.infer<typeof PhotoBody> {
  const { hash, path, takenAt, size, width, height } = photo
  return {
    image_hash: hash,
    image_path: isOwner ? [path] : [],
    // As the framework writes it: no fraction where there is none.
    exif_timestamp: takenAt === null ? null : new Date(takenAt).toISOString().replace('.000Z', 'Z'),
    square_thumbnail_url: `${media}/square_thumbnails/${hash}`,
    small_square_thumbnail_url: `${media}/square_thumbnails_small/${hash}`,
    big_thumbnail_url: `${media}/thumbnails_big/${hash}`,
    public: photo.public,
    video: false,
    owner,
    size,
    width,
    height,
  }
}
