import type { Millis } from '../types.ts'
import type { Comparable, Values } from './piece-fields.ts'
import type { Mode, Visibility } from './piece-rights.ts'
import type { Json } from './records.ts'

/* How documents of piece types are stored and looked for. */

/** One of the two modes of a document. */
export interface NewDocument {
  readonly docId: string
  readonly mode: Mode
  readonly type: string
  readonly slug: string
  readonly visibility: Visibility
  readonly archived: boolean
  /** Who made it; it goes when they are deleted. Null: nobody, it was made with a key of the configuration or imported. */
  readonly ownerId: number | null
  readonly updatedBy: number | null
  readonly values: Values
  /** Folded text by dotted path. */
  readonly search: Readonly<Record<string, string>>
  readonly createdAt: Millis
  readonly updatedAt: Millis
  readonly publishedAt: Millis | null
}

export interface StoredDocument extends Omit<NewDocument, 'updatedBy' | 'search'> {
  /** Who changed it last; null: no user, or one who was deleted since. */
  readonly updatedBy: { readonly id: number; readonly publicId: string; readonly username: string } | null
}

/** Columns that documents are sorted and filtered by, beside their fields. */
export const documentColumns = ['slug', 'visibility', 'createdAt', 'updatedAt', 'lastPublishedAt'] as const
export type DocumentColumn = (typeof documentColumns)[number]

/** A column, or a declared field by its path. */
export type Operand =
  | { readonly column: DocumentColumn }
  | { readonly path: readonly string[]; readonly comparable: Comparable }

export type Condition =
  | { readonly operand: Operand; readonly op: 'in'; readonly values: readonly (string | number | boolean)[] }
  | { readonly operand: Operand; readonly op: 'min' | 'max'; readonly value: string | number | boolean }
  /** The list at `path` holds one of these ids. */
  | { readonly path: readonly string[]; readonly op: 'relates'; readonly ids: readonly string[] }

export interface Sorting {
  readonly operand: Operand
  readonly direction: 'asc' | 'desc'
}

export interface DocumentFilter {
  readonly type: string
  readonly mode: Mode
  readonly visibilities: readonly Visibility[]
  /** Null: archived or not. */
  readonly archived: boolean | null
  readonly conditions: readonly Condition[]
  /** Each word has to be in one of the fields. */
  readonly search: { readonly paths: readonly string[]; readonly words: readonly string[] } | null
  readonly docIds: readonly string[] | null
}

export interface DocumentWish extends DocumentFilter {
  readonly sort: readonly Sorting[]
  readonly limit: number
  readonly offset: number
}

/** An index over declared fields of one type. */
export interface DocumentIndex {
  readonly type: string
  /** In the order of the index; the last is what is sorted by. */
  readonly operands: readonly Operand[]
}

/** A value that is there, and in how many documents. */
export interface ValueCount {
  readonly value: Json
  readonly count: number
}
