import { createHash } from 'node:crypto'
import type { Reply } from './reply.ts'

export interface Asset {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Strong (RFC 9110, section 8.8.3), with its quotes. */
  readonly etag: string
  /** Stands in the address (`?v=`), so that what a browser keeps for a year is never out of date. */
  readonly version: string
}

export function makeAsset(type: string, content: string | Uint8Array): Asset {
  const bytes = Uint8Array.from(typeof content === 'string' ? new TextEncoder().encode(content) : content)
  const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
  return { type, bytes, etag: `"${version}"`, version }
}

/** RFC 9110, section 13.1.2: the caller's copy is as good as ours. */
export function isFresh(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((each) => each.trim().replace(/^W\//, '') === etag)
}

/** The asset, or 304 to a caller that has it. */
export function assetReply(
  { type, bytes, etag }: Asset,
  request: Request,
  cache: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const common = { ETag: etag, 'Cache-Control': cache, ...headers }
  if (isFresh(request.headers.get('if-none-match'), etag)) return { status: 304, headers: common }
  return { status: 200, body: bytes, type, headers: common }
}

/** For addresses that carry the version of what they answer. */
export const forAYear = 'public, max-age=31536000, immutable'
