import type { Json } from './records.ts'

/** Who a piece route is asked by, from least to most. */
export const ranks = ['anonymous', 'guest', 'contributor', 'editor', 'admin'] as const
export type Rank = (typeof ranks)[number]

export function isAtLeast(rank: Rank, needed: Rank): boolean {
  return ranks.indexOf(rank) >= ranks.indexOf(needed)
}

export const fieldTypes = [
  'string',
  'integer',
  'float',
  'boolean',
  'date',
  'select',
  'url',
  'slug',
  'array',
  'object',
  'relationship',
] as const
export type FieldType = (typeof fieldTypes)[number]

export interface Choice {
  readonly value: string
  readonly label: string
}

/** A declared field, all members filled in. */
export interface Field {
  readonly name: string
  readonly type: FieldType
  readonly required: boolean
  /** What an absent value becomes; null: the empty value of the type. */
  readonly def: Json
  /** Least and greatest number, length of a text, or number of items; null: no bound. */
  readonly min: number | null
  readonly max: number | null
  readonly choices: readonly Choice[]
  /** Of `object` and of each item of `array`. */
  readonly fields: readonly Field[]
  /** The piece type that a relationship leads to. */
  readonly withType: string | null
}

/** What anonymous callers see: dotted paths that are included. Checked and made by piece-projection.ts. */
export type ProjectionPaths = readonly string[]

export interface PieceType {
  readonly name: string
  readonly fields: readonly Field[]
  /** Null: for anonymous callers and guests the type does not exist. */
  readonly publicApiProjection: ProjectionPaths | null
  /** Template such as `/articles/:slug`. */
  readonly url: string | null
  /** Everybody who is signed in sees whole documents. */
  readonly guestApiAccess: boolean
  /** Least rank that sees, edits and publishes. */
  readonly viewRole: Rank
  readonly editRole: Rank
  readonly publishRole: Rank
  /** Fields that are filtered and sorted by together, the sorted one last. */
  readonly indexes: readonly (readonly string[])[]
}

/** Where the ids of a relationship are kept: `_author` is stored as `authorIds`. */
export function storageName(relationship: string): string {
  return `${relationship.slice(1)}Ids`
}

/** The name of a field's value in a stored document. */
export function storedName(field: Field): string {
  return field.type === 'relationship' ? storageName(field.name) : field.name
}

/**
 * The field at a path of names: `address.city` of an object, `items.label` of a list of objects. Null: there is none.
 * Below a relationship there is none either; what it leads to is another type's.
 */
export function fieldAt(fields: readonly Field[], path: readonly string[]): Field | null {
  const [first, ...rest] = path
  const field = fields.find(({ name }) => name === first) ?? null
  return rest.length === 0 || field === null ? field : fieldAt(field.fields, rest)
}

/** What every document has beside its fields, by the name that callers know. */
export const metaNames = [
  '_id',
  'type',
  'metaType',
  'slug',
  'visibility',
  'archived',
  'aposDocId',
  'aposLocale',
  'aposMode',
  'createdAt',
  'updatedAt',
  'updatedBy',
  'lastPublishedAt',
  'cacheInvalidatedAt',
  '_url',
] as const
export type MetaName = (typeof metaNames)[number]

/** Names with a meaning of their own in a document, a body or a query: no field is called so. */
export const reservedFieldNames: readonly string[] = [
  ...metaNames.filter((name) => name !== 'slug'),
  '_create',
  '_edit',
  '_publish',
  '_delete',
  '_ids',
  '_patches',
  '_newInstance',
  '_advisoryLock',
  '__aposGetWithQuery',
  'access_token',
  'apikey',
  'apiKey',
  'aposShareId',
  'aposShareKey',
  'autocomplete',
  'choices',
  'count',
  'counts',
  'page',
  'perPage',
  'project',
  'search',
  'sort',
]
