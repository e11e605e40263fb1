import { machineNames } from '../core/dot-path.ts'
import { comparableOf, readScalar } from '../core/piece-fields.ts'
import {
  type Choice,
  type Field,
  type FieldType,
  fieldTypes,
  reservedFieldNames,
  storageName,
} from '../core/piece-types.ts'
import type { Json } from '../core/records.ts'
import { bad, good, type Reading } from './kinds.ts'

const fieldName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const relationshipName = /^_[A-Za-z][A-Za-z0-9_]{0,62}$/
const mostFields = 200
const deepest = 5

/** What a declaration may say beyond its type. */
const members: Readonly<Record<FieldType, readonly string[]>> = {
  string: ['min', 'max', 'def'],
  integer: ['min', 'max', 'def'],
  float: ['min', 'max', 'def'],
  boolean: ['def'],
  date: ['def'],
  select: ['choices', 'def'],
  url: ['def'],
  slug: ['def'],
  array: ['fields', 'min', 'max'],
  object: ['fields'],
  relationship: ['withType'],
}

/** The name of a type, or an object with it and what goes with it. */
export type FieldDeclaration =
  | FieldType
  | {
      readonly type: FieldType
      readonly label?: string
      readonly required?: boolean
      readonly def?: string | number | boolean
      readonly min?: number
      readonly max?: number
      readonly choices?: readonly (string | { readonly value: string; readonly label?: string })[]
      readonly fields?: Readonly<Record<string, FieldDeclaration>>
      readonly withType?: string
    }

type Declaration = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Declaration {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const title: Field = {
  name: 'title',
  type: 'string',
  required: true,
  def: null,
  min: null,
  max: null,
  choices: [],
  fields: [],
  withType: null,
}

/** The fields of a type. All have a title and a slug, said or not; the slug is kept beside the fields. */
export function readFields(at: string, value: unknown): Reading<readonly Field[]> {
  const reading = readAll(at, value, 0)
  if (!reading.ok) return reading
  const slug = reading.value.find(({ name }) => name === 'slug')
  if (slug !== undefined && slug.type !== 'slug') return bad(`${at}.slug must have the type slug`)
  const own = reading.value.find(({ name }) => name === 'title')
  if (own !== undefined && own.type !== 'string') return bad(`${at}.title must have the type string`)
  const others = reading.value.filter(({ name }) => name !== 'slug' && name !== 'title')
  return good([own === undefined ? title : { ...own, required: true }, ...others])
}

function readAll(at: string, value: unknown, depth: number): Reading<readonly Field[]> {
  if (!isRecord(value)) return bad(`${at} must be an object of name -> type`)
  if (depth >= deepest) return bad(`${at} must not be nested deeper than ${deepest} levels`)
  const entries = Object.entries(value)
  if (entries.length > mostFields) return bad(`${at} must have at most ${mostFields} fields`)
  const fields: Field[] = []
  for (const [name, declaration] of entries) {
    const reading = readField(`${at}.${name.slice(0, 80)}`, name, declaration, depth)
    if (!reading.ok) return reading
    fields.push(reading.value)
  }
  const taken = fields.map(({ name }) => name)
  const twice = fields.find(({ name, type }) => type === 'relationship' && taken.includes(storageName(name)))
  return twice === undefined
    ? good(fields)
    : bad(`${at}.${storageName(twice.name)} is where the ids of ${twice.name} are kept`)
}

function readField(at: string, name: string, value: unknown, depth: number): Reading<Field> {
  // What every object of JavaScript has by itself would be found where a document has nothing.
  if (machineNames.includes(name) || name in Object.prototype) return bad(`${at}: this name is not allowed`)
  if (depth === 0 && reservedFieldNames.includes(name)) return bad(`${at}: this name is reserved`)
  const declaration: unknown = typeof value === 'string' ? { type: value } : value
  if (!isRecord(declaration)) return bad(`${at} must be the name of a type, or an object with one`)
  const type = fieldTypes.find((each) => each === declaration.type)
  if (type === undefined)
    return bad(`${at}: there is no type "${String(declaration.type).slice(0, 80)}"; there are ${fieldTypes.join(', ')}`)
  const known = ['type', 'label', 'required', ...members[type]]
  const unknown = Object.keys(declaration).find((member) => !known.includes(member))
  if (unknown !== undefined)
    return bad(`${at}.${unknown.slice(0, 80)}: a field of type ${type} has ${known.join(', ')}`)
  const isLink = type === 'relationship'
  if (isLink && depth > 0) return bad(`${at}: a relationship stands at the top level only`)
  if (!(isLink ? relationshipName : fieldName).test(name))
    return bad(
      `${at}: ${isLink ? 'a relationship is called by _ and then' : 'a field is called by'} letters, digits and _`,
    )
  return readMembers(at, name, type, declaration, depth)
}

function readMembers(
  at: string,
  name: string,
  type: FieldType,
  declaration: Declaration,
  depth: number,
): Reading<Field> {
  const { required = false, min = null, max = null, withType = null, def = null } = declaration
  if (typeof required !== 'boolean') return bad(`${at}.required must be true or false`)
  if (!isBound(min) || !isBound(max) || (min !== null && max !== null && min > max))
    return bad(`${at}: min and max must be numbers, the smaller one first`)
  const choices = readChoices(at, type, declaration.choices)
  if (!choices.ok) return choices
  const nested = type === 'array' || type === 'object'
  const fields = nested ? readAll(`${at}.fields`, declaration.fields, depth + 1) : good([])
  if (!fields.ok) return fields
  if (type === 'relationship' && typeof withType !== 'string') return bad(`${at}.withType must name a piece type`)
  const field: Field = {
    name,
    type,
    required,
    def: null,
    min,
    max,
    choices: choices.value,
    fields: fields.value,
    withType: typeof withType === 'string' ? withType : null,
  }
  return def === null ? good(field) : withDefault(at, field, def)
}

const isBound = (value: unknown): value is number | null => value === null || Number.isFinite(value)

function withDefault(at: string, field: Field, def: unknown): Reading<Field> {
  const read = comparableOf(field) === null ? null : readScalar(field, def)
  if (read === null || 'wrong' in read) return bad(`${at}.def ${read?.wrong.message ?? 'is not for this type'}`)
  const value: Json = read.value
  return good({ ...field, def: value })
}

function readChoices(at: string, type: FieldType, value: unknown): Reading<readonly Choice[]> {
  if (type !== 'select') return good([])
  if (!Array.isArray(value) || value.length === 0 || value.length > 500)
    return bad(`${at}.choices must be a list of 1 to 500 values`)
  const choices: Choice[] = []
  for (const each of value as readonly unknown[]) {
    const choice: unknown = typeof each === 'string' ? { value: each, label: each } : each
    if (!isRecord(choice) || typeof choice.value !== 'string' || !/^[^\p{Cc}]{1,100}$/u.test(choice.value.trim()))
      return bad(`${at}.choices must be texts, or objects { value, label } of texts`)
    const { value: text, label = text } = choice
    if (typeof label !== 'string') return bad(`${at}.choices must have texts as labels`)
    choices.push({ value: text.trim(), label })
  }
  if (new Set(choices.map((choice) => choice.value)).size < choices.length) return bad(`${at}.choices has one twice`)
  return good(choices)
}
