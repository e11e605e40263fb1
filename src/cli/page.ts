import { UsageError } from './usage.ts'

/** `--limit` and `--cursor` of a list. */
export function pageOf({ limit, cursor }: { readonly limit: string; readonly cursor?: string }): {
  limit: number
  cursor?: string
} {
  const count = /^\d{1,3}$/.test(limit) ? Number(limit) : 0
  if (count < 1 || count > 200) throw new UsageError('--limit must be a whole number from 1 to 200')
  return { limit: count, ...(cursor === undefined ? {} : { cursor }) }
}
