import { language } from './plural.ts'

const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
const shortDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' })
const exact = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
const clock = new Intl.DateTimeFormat(language, { timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })

const units: readonly (readonly [number, Intl.RelativeTimeFormatUnit])[] = [
  [31_536_000, 'year'],
  [2_592_000, 'month'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
]

/** `31 Jan 2027`, in the order of the language. */
export function dayText(iso: string): string {
  return day.format(new Date(iso))
}

/** `31 Jan`. */
export function shortDayText(iso: string): string {
  return shortDay.format(new Date(iso))
}

/** `14:32`, as the language writes it. */
export function clockText(iso: string): string {
  return clock.format(new Date(iso))
}

export function exactText(iso: string): string {
  return exact.format(new Date(iso))
}

/** `3 minutes ago`, `in 2 days`, `now`. */
export function agoText(iso: string, now: number = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000
  for (const [size, unit] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit)
  }
  return relative.format(0, 'second')
}
