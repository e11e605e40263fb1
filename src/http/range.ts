/** What of a representation a request asks for. Positions are bytes, both ends inclusive. */
export type Wanted =
  | { readonly part: 'whole' }
  | { readonly part: 'some'; readonly from: number; readonly to: number }
  | { readonly part: 'none' }

const whole: Wanted = { part: 'whole' }
/** One range: `first-`, `first-last` or `-length` (RFC 9110, section 14.1.2). */
const single = /^bytes[ \t]*=[ \t]*(\d{0,30})-(\d{0,30})[ \t]*$/i

/**
 * Reads a `Range` against `size` bytes (RFC 9110, section 14.2). What is no single range of bytes is passed over, as the
 * RFC lets a server do: an unknown unit, several ranges, a last byte before the first. `none`: no byte of it is there.
 */
export function readRange(header: string | null, size: number): Wanted {
  const [, first = '', last = ''] = (header !== null && single.exec(header)) || []
  if (first === '' && last === '') return whole
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? { part: 'none' } : { part: 'some', from: size - length, to: size - 1 }
  }
  const from = Number(first)
  const to = last === '' ? size - 1 : Number(last)
  if (last !== '' && to < from) return whole
  return from >= size ? { part: 'none' } : { part: 'some', from, to: Math.min(to, size - 1) }
}

/**
 * Whether the caller's part still fits (RFC 9110, section 13.1.5): no `If-Range`, or our strong tag. A weak tag or a date
 * never does; we hand out neither.
 */
export function rangeHolds(ifRange: string | null, etag: string): boolean {
  return ifRange === null || ifRange.trim() === etag
}
