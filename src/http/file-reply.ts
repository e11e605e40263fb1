import { isFresh } from './assets.ts'
import { rangeHolds, readRange } from './range.ts'
import type { Reply } from './reply.ts'

/** An open file. Whoever has it calls exactly one of `stream` and `close`. */
export interface ServedFile {
  /** Bytes; more than none. */
  readonly size: number
  readonly type: string
  /** Strong (RFC 9110, section 8.8.3), with its quotes. */
  readonly etag: string
  /** These bytes, both ends inclusive; the file is closed when they were read, or nobody wants more of them. */
  stream(from: number, to: number): ReadableStream<Uint8Array>
  close(): Promise<void>
}

/**
 * The file, the part of it that a `Range` asks for (206, 416), or 304 to a caller that has it. Several ranges get the
 * whole. HEAD says what GET would, but a `Range` is for GET only (RFC 9110, section 14.2).
 */
export async function fileReply(
  file: ServedFile,
  { method, headers: sent }: Pick<Request, 'method' | 'headers'>,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  const { size, type, etag } = file
  const common = { ...headers, ETag: etag, 'Accept-Ranges': 'bytes' }
  const without = async (status: number, more: Readonly<Record<string, string>>): Promise<Reply> => {
    await file.close()
    return { status, headers: { ...common, ...more } }
  }

  if (isFresh(sent.get('if-none-match'), etag)) return without(304, {})
  if (method === 'HEAD') return without(200, { 'Content-Type': type, 'Content-Length': String(size) })
  const range = rangeHolds(sent.get('if-range'), etag) ? sent.get('range') : null
  const wanted = readRange(range, size)
  if (wanted.part === 'none') return without(416, { 'Content-Range': `bytes */${size}`, 'Content-Length': '0' })
  const { from, to } = wanted.part === 'some' ? wanted : { from: 0, to: size - 1 }
  const length = { 'Content-Length': String(to - from + 1) }
  return wanted.part === 'some'
    ? {
        status: 206,
        type,
        body: file.stream(from, to),
        headers: { ...common, ...length, 'Content-Range': `bytes ${from}-${to}/${size}` },
      }
    : { status: 200, type, body: file.stream(from, to), headers: { ...common, ...length } }
}
