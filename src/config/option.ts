import { integer, type Kind } from './kinds.ts'

/** One setting. Its path in the configuration file is its key in the table of all; its variable follows from the path. */
export interface Option<T> {
  readonly kind: Kind<T>
  /** Undefined: worked out from other settings, as `defaultText` says. */
  readonly default: T | undefined
  readonly defaultText?: string
  readonly unit?: string
  /** One sentence. */
  readonly doc: string
  /** The value never appears in messages, logs or `cardea config`. */
  readonly secret?: true
  /** What strict mode demands of it. */
  readonly strict?: string
  readonly flag?: '--port' | '--host' | '--data-dir' | '--database-url'
}

export const DAY = 86_400
export const YEAR = 365 * DAY

export function option<T>(kind: Kind<T>, value: T, rest: Omit<Option<T>, 'kind' | 'default'>): Option<T> {
  return { kind, default: value, ...rest }
}
/** A setting whose default follows from others. */
export function derived<T>(
  kind: Kind<T>,
  defaultText: string,
  rest: Omit<Option<T>, 'kind' | 'default' | 'defaultText'>,
): Option<T> {
  return { kind, default: undefined, defaultText, ...rest }
}
export function seconds(value: number, doc: string, min = 1, max = YEAR, strict?: string): Option<number> {
  return option(integer(min, max), value, { doc, unit: 'seconds', ...(strict === undefined ? {} : { strict }) })
}
export function count(value: number, doc: string, min: number, max: number, unit?: string): Option<number> {
  return option(integer(min, max), value, { doc, ...(unit === undefined ? {} : { unit }) })
}
