import { hexToken } from '../crypto/random.ts'
import type { Choice, Field, FieldType } from './piece-types.ts'
import { storedName } from './piece-types.ts'
import type { Json } from './records.ts'

/** What is wrong with one value: `path` is dotted, `name` is `required`, `min`, `max` or `invalid`. */
export interface FieldProblem {
  readonly path: string
  readonly name: 'required' | 'min' | 'max' | 'invalid'
  readonly message: string
}

/** How a value is compared and indexed; null: it is not. */
export type Comparable = 'text' | 'number' | 'boolean'

export type Values = { readonly [name: string]: Json }

type Wrong = Omit<FieldProblem, 'path'>
type Read = { readonly value: Json } | { readonly wrong: Wrong }

interface FieldKind {
  readonly comparable: Comparable | null
  readonly empty: Json
  /** Of `null`, which everything can be, `empty` is made. */
  readonly read: (value: unknown, field: Field) => Read
}

const longestText = 100_000
const mostItems = 1000
const mostRelated = 200

const good = (value: Json): Read => ({ value })
const invalid = (message: string): Read => ({ wrong: { name: 'invalid', message } })

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Texts, and what a form makes texts of. A database holds neither NUL nor half a surrogate pair. */
function plain(value: unknown): string | null {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text !== 'string' || text.length > longestText || text.includes('\0') || !text.isWellFormed()) return null
  return text.trim()
}

function bounded(amount: number, { min, max }: Field, unit: string, value: Json): Read {
  if (min !== null && amount < min) return { wrong: { name: 'min', message: `must be at least ${min}${unit}` } }
  if (max !== null && amount > max) return { wrong: { name: 'max', message: `must be at most ${max}${unit}` } }
  return good(value)
}

/** In one way only, so that a text that is no number at its very end is not tried in all the others. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
/** Longer than any number that a double tells from another. */
const longestNumber = 400

function readNumber(value: unknown, field: Field, isRight: (number: number) => boolean, message: string): Read {
  if (value === '') return good(null)
  const text = plain(value)
  const isNumber = text !== null && typeof value !== 'boolean' && text.length <= longestNumber && decimal.test(text)
  const number = isNumber ? Number(text) : Number.NaN
  // -0 would be told apart from 0 by one engine and not by the other.
  return isRight(number) ? bounded(number, field, '', number + 0) : invalid(message)
}

function readText(value: unknown, isRight: (text: string) => boolean, message: string): Read {
  const text = plain(value)
  return text !== null && (text === '' || isRight(text)) ? good(text) : invalid(message)
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = Date.parse(`${text}T00:00:00Z`)
  return Number.isFinite(at) && new Date(at).toISOString().startsWith(text)
}

/** `https://host/...`: nothing that a browser would run. */
export function isWebAddress(text: string): boolean {
  if (text.length > 2000 || !/^https?:\/\//i.test(text) || /[\s\p{Cc}\p{Cf}\\]/u.test(text)) return false
  const url = URL.parse(text)
  return url !== null && ['http:', 'https:'].includes(url.protocol) && url.host !== ''
}

const longestSlug = 200

/** Letters and digits of any script in lower case, the rest as single hyphens. Empty when nothing is left. */
export function slugify(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
  return [...plain.replace(/^-|-$/g, '')].slice(0, longestSlug).join('').replace(/-$/, '')
}

const booleans: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [1, true],
  ['true', true],
  ['1', true],
  ['yes', true],
  [false, false],
  [0, false],
  ['false', false],
  ['0', false],
  ['no', false],
  ['', false],
])

/** An id of a document as it stands in a relationship: without locale and mode. */
export const documentId = /^[a-z][a-z0-9]{7,63}$/

function readRelated(value: unknown): Read {
  if (!Array.isArray(value)) return invalid('must be a list of documents, or of their ids')
  if (value.length > mostRelated) return { wrong: { name: 'max', message: `must have at most ${mostRelated}` } }
  const ids = value.map((each: unknown) => {
    const id = isRecord(each) ? (each.aposDocId ?? each._id) : each
    return typeof id === 'string' ? id.replace(/:[^:]*:[^:]*$/, '') : ''
  })
  return ids.every((id) => documentId.test(id)) ? good([...new Set(ids)]) : invalid('has something that is no id')
}

const kinds: Readonly<Record<FieldType, FieldKind>> = {
  string: {
    comparable: 'text',
    empty: '',
    read(value, field) {
      const text = plain(value)
      return text === null ? invalid('must be text') : bounded([...text].length, field, ' characters', text)
    },
  },
  integer: {
    comparable: 'number',
    empty: null,
    read: (value, field) => readNumber(value, field, Number.isSafeInteger, 'must be a whole number'),
  },
  float: {
    comparable: 'number',
    empty: null,
    read: (value, field) => readNumber(value, field, Number.isFinite, 'must be a number'),
  },
  boolean: {
    comparable: 'boolean',
    empty: null,
    read(value) {
      const found = booleans.get(typeof value === 'string' ? value.trim().toLowerCase() : value)
      return found === undefined ? invalid('must be true or false') : good(found)
    },
  },
  date: {
    comparable: 'text',
    empty: '',
    read: (value) => readText(value, isDate, 'must be a date such as 2030-01-31'),
  },
  select: {
    comparable: 'text',
    empty: '',
    read: (value, { choices }) =>
      readText(
        value,
        (text) => isChoice(choices, text),
        `must be one of ${choices.map((each) => each.value).join(', ')}`,
      ),
  },
  url: {
    comparable: 'text',
    empty: '',
    read: (value) => readText(value, isWebAddress, 'must be an http or https address'),
  },
  slug: {
    comparable: 'text',
    empty: '',
    read: (value) => {
      const text = plain(value)
      return text === null ? invalid('must be text') : good(slugify(text))
    },
  },
  array: { comparable: null, empty: [], read: () => invalid('must be a list of objects') },
  object: { comparable: null, empty: {}, read: () => invalid('must be an object') },
  relationship: { comparable: null, empty: [], read: readRelated },
}

function isChoice(choices: readonly Choice[], text: string): boolean {
  return choices.some(({ value }) => value === text)
}

export function comparableOf(field: Field): Comparable | null {
  return kinds[field.type].comparable
}

/** One value as a field takes it, without a look at whether it is required. */
export function readScalar(field: Field, value: unknown): Read {
  return kinds[field.type].read(value, field)
}

function isEmpty(value: Json): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** What a field holds when nothing is given for it. */
export function defaultOf(field: Field): Json {
  if (field.def !== null) return field.def
  if (field.type !== 'object') return kinds[field.type].empty
  return Object.fromEntries(field.fields.map((inner) => [storedName(inner), defaultOf(inner)]))
}

export interface Cleaned {
  /** By the names that values are stored under, every one of `fields`. */
  readonly values: Values
  readonly problems: readonly FieldProblem[]
}

/**
 * What callers sent for these fields, as it is stored. Absent ones become their default; what is no field is passed
 * over. A relationship is taken under its own name or under that of its ids.
 */
export function cleanValues(fields: readonly Field[], input: Readonly<Record<string, unknown>>, above = ''): Cleaned {
  const problems: FieldProblem[] = []
  const values = fields.map((field): readonly [string, Json] => {
    const path = above === '' ? field.name : `${above}.${field.name}`
    const given = own(input, field.name) ?? (field.type === 'relationship' ? own(input, storedName(field)) : undefined)
    return [storedName(field), cleanOne(field, given, path, problems)]
  })
  return { values: Object.fromEntries(values), problems }
}

function own(input: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(input, name) ? input[name] : undefined
}

function cleanOne(field: Field, given: unknown, path: string, problems: FieldProblem[]): Json {
  const value =
    given === undefined || given === null ? good(defaultOf(field)) : readNested(field, given, path, problems)
  if ('wrong' in value) {
    problems.push({ path, ...value.wrong })
    return defaultOf(field)
  }
  if (field.required && isEmpty(value.value)) problems.push({ path, name: 'required', message: 'is required' })
  return value.value
}

function readNested(field: Field, given: unknown, path: string, problems: FieldProblem[]): Read {
  if (field.type === 'object' && isRecord(given)) {
    const inner = cleanValues(field.fields, given, path)
    problems.push(...inner.problems)
    return good(inner.values)
  }
  if (field.type === 'array' && Array.isArray(given) && given.every(isRecord)) {
    if (given.length > mostItems) return { wrong: { name: 'max', message: `must have at most ${mostItems} items` } }
    const items = given.map((item, at) => {
      const inner = cleanValues(field.fields, item, `${path}.${at}`)
      problems.push(...inner.problems)
      return { _id: typeof item._id === 'string' && documentId.test(item._id) ? item._id : newId(), ...inner.values }
    })
    return bounded(items.length, field, ' items', items)
  }
  return kinds[field.type].read(given, field)
}

/** 96 random bits in the shape of the ids that this contract's clients know; it tells neither time nor order. */
export function newId(): string {
  return `c${hexToken(12)}`
}

/** For searching: case, width and composition do not count. */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** Folded text by dotted path, items of lists joined: what a search looks through. */
export function searchTexts(fields: readonly Field[], values: Values, above = ''): Readonly<Record<string, string>> {
  const found = new Map<string, string>()
  for (const field of fields) {
    const path = above === '' ? field.name : `${above}.${field.name}`
    const value = values[field.name]
    if (searchable.includes(field.type) && typeof value === 'string' && value !== '') found.set(path, fold(value))
    for (const inner of Array.isArray(value) ? value : [value]) {
      if (field.fields.length === 0 || !isRecord(inner)) continue
      for (const [name, text] of Object.entries(searchTexts(field.fields, inner as Values, path))) {
        found.set(name, found.has(name) ? `${found.get(name)}\n${text}` : text)
      }
    }
  }
  return Object.fromEntries(found)
}

const searchable: readonly FieldType[] = ['string', 'select', 'url', 'slug', 'date']

/** Dotted paths of all fields that a search looks through. */
export function searchPaths(fields: readonly Field[], above = ''): readonly string[] {
  return fields.flatMap((field) => {
    const path = above === '' ? field.name : `${above}.${field.name}`
    return searchable.includes(field.type) ? [path] : searchPaths(field.fields, path)
  })
}
