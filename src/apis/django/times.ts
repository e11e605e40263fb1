import { z } from '@hono/zod-openapi'
import type { Millis } from '../../types.ts'
import { texts } from './texts.ts'

const form =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d{0,6})?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?$/i

/**
 * A date-time in the forms of the framework: ISO 8601 with or without seconds and their fraction; without an offset it is
 * UTC. Null: none of these, or a day or hour that does not exist. Milliseconds; what is finer is cut off.
 */
export function parseDateTime(text: string): Millis | null {
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = 'Z'] = form.exec(text.trim()) ?? []
  if (year === undefined) return null
  const parts = [year, month, day, hour, minute, second].map(Number)
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts
  const at = new Date(0)
  at.setUTCFullYear(y, mo - 1, d)
  at.setUTCHours(h, mi, s, Number(fraction.padEnd(3, '0').slice(0, 3)))
  // Overflow would make another day of it.
  const read = [
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
  ]
  if (read.some((part, index) => part !== parts[index])) return null
  const offset = offsetOf(zone)
  return offset === null ? null : at.getTime() - offset * 60_000
}

/** Minutes east of UTC. */
function offsetOf(zone: string): number | null {
  if (zone.toUpperCase() === 'Z') return 0
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? []
  const offset = Number(hours) * 60 + Number(minutes)
  return Number(minutes) > 59 || offset >= 24 * 60 ? null : sign === '-' ? -offset : offset
}

/** A date-time, in milliseconds. */
export const dateTime = z
  .string({ error: ({ input }) => (input === null ? texts.null : texts.noDateTime) })
  .transform((value, context) => {
    const at = value.length > 64 ? null : parseDateTime(value)
    if (at !== null) return at
    context.addIssue({ code: 'custom', message: texts.noDateTime })
    return z.NEVER
  })
  .openapi({ type: 'string', format: 'date-time' })
