import { z } from '@hono/zod-openapi'
import type { FieldError } from '../../errors.ts'
import { atLeast, atMost, noDictionary, surrogate, texts } from './texts.ts'

/*
 * Serializer fields: what they take and, where they refuse, the words of the framework. Numbers count as texts, true and
 * false do not; a field that is missing, null or blank each has a text of its own.
 */

interface TextRules {
  readonly min?: number
  readonly max: number
  /** Default: blank is refused. */
  readonly blank?: boolean
  /** Characters that control, or turn the direction of what stands beside them, are refused. */
  readonly plain?: boolean
  /** Blanks around it count; default: they are taken off first. Passwords are what was typed. */
  readonly exact?: boolean
}

const wrongText = ({ input }: { readonly input?: unknown }): string => (input === null ? texts.null : texts.noString)

const unseen = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u

/** A text. Lengths are counted in characters. */
export function text({ min, max, blank = false, plain = false, exact = false }: TextRules) {
  const length = (value: string): number => (value.length > 2 * max ? value.length : [...value].length)
  return z
    .union([z.string(), z.number()], { error: wrongText })
    .transform((value) => (exact ? String(value) : String(value).trim()))
    .refine((value) => blank || value !== '', { error: texts.blank, abort: true })
    .refine((value) => min === undefined || length(value) >= min, { error: atLeast(min ?? 0) })
    .refine((value) => length(value) <= max, { error: atMost(max) })
    .refine((value) => !plain || !unseen.test(value), { error: texts.noMatch })
}

/** `true`, `false`, and the words that forms have for them. */
export const flag = z
  .union(
    [
      z.boolean(),
      z.enum(['true', 'True', '1', 'on', 'yes']).transform(() => true),
      z.enum(['false', 'False', '0', 'off', 'no']).transform(() => false),
    ],
    { error: ({ input }) => (input === null ? texts.null : texts.noBoolean) },
  )
  .openapi({ type: 'boolean' })

function ranged(type: z.ZodType<number>, text: RegExp, wrong: string, min: number, max: number) {
  return z
    .union([type, z.string().regex(text).transform(Number)], {
      error: ({ input }) => (input === null ? texts.null : wrong),
    })
    .refine((value) => value >= min, { error: `Ensure this value is greater than or equal to ${min}.` })
    .refine((value) => value <= max, { error: `Ensure this value is less than or equal to ${max}.` })
}

/** A whole number, also as text. */
export const wholeNumber = (min: number, max: number) => ranged(z.int(), /^-?\d{1,15}$/, texts.noInteger, min, max)
/** A number, also as text. */
export const decimal = (min: number, max: number) =>
  ranged(z.number(), /^-?\d{1,15}(?:\.\d{1,15})?$/, texts.noNumber, min, max)

/** A code of a second factor: six digits, as text or number, or a recovery code. Blank and null are none. */
export const codeField = z
  .union([
    z.string().max(64),
    z
      .int()
      .min(0)
      .max(999_999)
      .transform((digits) => String(digits).padStart(6, '0')),
    z.null(),
  ])
  .optional()
  .transform((code) => (code === null || code === undefined || code.trim() === '' ? undefined : code.trim()))
  .openapi({ type: 'string', description: 'Code of the second factor, where there is one.' })

const shapeOf = (body: unknown): string => {
  if (Array.isArray(body)) return 'list'
  const names: Readonly<Record<string, string>> = { string: 'str', number: 'int', boolean: 'bool' }
  return names[typeof body] ?? typeof body
}

/** A body that is no object at all. */
function refuseOthers(body: unknown): FieldError | null {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return null
  return { field: 'non_field_errors', message: body === null ? texts.noData : noDictionary(shapeOf(body)) }
}

/** How bodies of these contracts come. */
export const bodies = { bodyType: ['json', 'form', 'multipart'], repeated: 'last', refuse: refuseOthers } as const

const surrogates = /^must be valid Unicode, without (U\+[0-9A-F]{4})$/

/** What our checks of every body say, in the framework's words. */
function translate(message: string): string {
  if (message === 'is required') return texts.required
  if (message === 'must not hold a NUL character') return texts.nul
  const [, codePoint] = surrogates.exec(message) ?? []
  return codePoint === undefined ? message : surrogate(codePoint)
}

/** Messages by field, in the order in which they were found. */
export function fieldMessages(fields: readonly FieldError[]): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, string[]>()
  for (const { field, message } of fields) {
    const [top = ''] = field.split('.', 1)
    const name = top === '' || top === 'body' ? 'non_field_errors' : top
    found.set(name, [...(found.get(name) ?? []), translate(message)])
  }
  return Object.fromEntries(found)
}
