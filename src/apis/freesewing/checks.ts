import type { FieldError } from '../../errors.ts'
import type { Word } from './errors.ts'

/** One thing that the contract asks of a body before anything else is looked at; null: it is fine. */
export type Check = (body: Readonly<Record<string, unknown>>) => FieldError | null

/** The checks of a route in the contract's order: the first that fails is the answer. */
export function inOrder(...checks: readonly Check[]): (body: unknown) => FieldError | null {
  return (body) => {
    const members = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
    for (const check of checks) {
      const wrong = check(members as Readonly<Record<string, unknown>>)
      if (wrong !== null) return wrong
    }
    return null
  }
}

const wrong = (field: string, word: Word): FieldError => ({ field, message: word })

export const someBody: Check = (body) => (Object.keys(body).length === 0 ? wrong('body', 'postBodyMissing') : null)

/** There, and neither empty, zero, false nor null. */
export const given =
  (field: string, word: Word): Check =>
  (body) =>
    body[field] ? null : wrong(field, word)

export const when =
  (field: string, word: Word, isRight: (value: unknown) => boolean): Check =>
  (body) =>
    isRight(body[field]) ? null : wrong(field, word)

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
