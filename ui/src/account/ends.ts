const soonMillis = 7 * 86_400_000

/** Within a week from now, and not over yet. */
export function endsSoon(iso: string | null, now: number = Date.now()): boolean {
  if (iso === null) return false
  const left = Date.parse(iso) - now
  return left > 0 && left < soonMillis
}

export function isOver(iso: string | null, now: number = Date.now()): boolean {
  return iso !== null && Date.parse(iso) <= now
}

const dayMillis = 86_400_000

/** The end of the day that `text` (`2027-01-31`) names where the person is, or null for no date. */
export function endOfDay(text: string): Date | null {
  const date = new Date(`${text}T23:59:59`)
  return Number.isNaN(date.getTime()) ? null : date
}

/** `2027-01-31` for a date input: so many days from now, where the person is. */
export function dayAhead(days: number, now: number = Date.now()): string {
  const date = new Date(now + days * dayMillis)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
