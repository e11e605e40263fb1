import { CardeaError, type FieldError } from '../errors.ts'
import type { Condition, DocumentColumn, DocumentFilter, DocumentWish, Operand, Sorting } from './document-records.ts'
import { machineNames, parseDotPath } from './dot-path.ts'
import { comparableOf, documentId, fold, readScalar, searchPaths } from './piece-fields.ts'
import type { Projection } from './piece-projection.ts'
import type { Mode, Seen } from './piece-rights.ts'
import { type Field, fieldAt, type PieceType, storageName } from './piece-types.ts'

/** `sort[price]=1` is `{ name: 'sort', key: 'price', value: '1' }`; without brackets `key` is null. */
export interface QueryEntry {
  readonly name: string
  readonly key: string | null
  readonly value: string
}

export interface PieceQuery extends DocumentWish {
  /** As asked for; the page may lie beyond the end. */
  readonly page: number
  readonly perPage: number
  /** Only how many there are is wanted. */
  readonly count: boolean
  /** Fields whose values are wanted beside the results; `counts` with how often each is there. */
  readonly choices: readonly WantedChoices[]
  /** Paths to show to those who see whole documents; null: all. */
  readonly project: readonly string[] | null
}

export interface WantedChoices {
  readonly name: string
  readonly operand: Operand
  readonly as: 'choices' | 'counts'
  readonly field: Field | null
}

export interface QuerySettings {
  readonly perPage: number
  readonly maxPerPage: number
}

/** Further than any list is read; the database is not asked there. */
export const farthest = 1_000_000_000
const mostWords = 10
const longestSearch = 200
const mostValues = 100
const mostIds = 500
/** Lists of values that one question may ask for: each reads all documents that match. */
const mostChoices = { contributors: 10, others: 3 } as const

const columns: Readonly<Record<string, DocumentColumn>> = {
  slug: 'slug',
  visibility: 'visibility',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
  lastPublishedAt: 'lastPublishedAt',
}
const filterColumns: readonly string[] = ['slug', 'visibility']
/** Parameters with a meaning of their own. What is neither one of these nor a field is passed over. */
const own = [
  'page',
  'perPage',
  'count',
  'sort',
  'search',
  'autocomplete',
  'project',
  'choices',
  'counts',
  '_ids',
  'archived',
]

export interface Reader {
  readonly type: PieceType
  readonly view: Seen
  readonly mode: Mode
  /** Of the type, for those who see no more than it. */
  readonly projection: Projection | null
}

/**
 * What a list is asked for. Who sees only the projection is refused whatever would tell something about members that
 * are not in it, with one and the same answer, before any value is looked at: CardeaError `scope_missing`. What cannot
 * be read is `request_invalid`; unknown parameters are passed over.
 */
export function readPieceQuery(
  entries: readonly QueryEntry[],
  reader: Reader,
  { perPage: usual, maxPerPage }: QuerySettings,
): PieceQuery {
  refuseMachineNames(entries)
  const { type, view } = reader
  const filters = entries.filter(({ name }) => !own.includes(name))
  demandShown(entries, filters, reader)

  const problems: FieldError[] = []
  const one = (name: string) => entries.find((entry) => entry.name === name && entry.key === null)?.value
  const perPage = Math.min(pageNumber(one('perPage') ?? String(usual)), maxPerPage)
  const page = pageNumber(one('page') ?? '1')
  const sort = readSort(entries, type)
  const query = {
    ...readFilter(entries, filters, reader, problems),
    sort: sort.length === 0 ? [{ operand: { column: 'updatedAt' }, direction: 'desc' } as const] : sort,
    page,
    perPage,
    limit: perPage,
    offset: Math.min((page - 1) * perPage, farthest),
    count: isYes(one('count')),
    choices: readChoices(entries, reader, problems),
    project: view.see === 'whole' ? readProject(entries, problems) : null,
  }
  if (problems.length > 0) throw new CardeaError('request_invalid', { fields: problems.slice(0, 20) })
  return query
}

/** Not a number, zero and less are 1, as its clients know it. */
function pageNumber(text: string): number {
  const number = /^\s*\d{1,15}/.test(text) ? Number.parseInt(text, 10) : 1
  return Math.max(1, number)
}

const isYes = (text = ''): boolean => /^[ty1]/i.test(text)

/** The last part is a key of its own: `author.constructor` is no better than `constructor`. */
function refuseMachineNames(entries: readonly QueryEntry[]): void {
  for (const { name, key } of entries) {
    const parts = [...name.split('.'), ...(key ?? '').split('.')]
    if (parts.some((part) => machineNames.includes(part)))
      throw new CardeaError('request_invalid', {
        fields: [{ field: 'query', message: 'has a name that is not allowed' }],
      })
  }
}

// ── what those who see a projection may ask ─────────────────────────────────────────────────────────────────────────

/** Every name that the answer would depend on. */
function namesAskedFor(
  entries: readonly QueryEntry[],
  filters: readonly QueryEntry[],
  type: PieceType,
): readonly string[] {
  const sorted = entries.filter(({ name }) => name === 'sort').map(({ key }) => key ?? '')
  const chosen = entries.filter(({ name }) => name === 'choices' || name === 'counts').flatMap(namesIn)
  const filtered = filters.map(({ name }) => name).filter((name) => isFilter(name, type))
  return [...sorted, ...chosen, ...filtered]
}

/** Whether it begins with a field, so that it can only be meant as a question about one. */
function isFilter(name: string, type: PieceType): boolean {
  return filterColumns.includes(name) || fieldAt(type.fields, [name.split('.', 1)[0] ?? '']) !== null
}

function demandShown(
  entries: readonly QueryEntry[],
  filters: readonly QueryEntry[],
  { type, view, projection }: Reader,
): void {
  if (!view.archived && entries.some(({ name }) => name === 'archived'))
    throw new CardeaError('scope_missing', { internal: 'a question about archived documents' })
  if (view.see === 'whole') return
  for (const name of namesAskedFor(entries, filters, type)) {
    const path = parseDotPath(name)
    // An unknown name is refused alike where it would be refused if it were known.
    if (path === null || projection?.covers(path) !== true)
      throw new CardeaError('scope_missing', { internal: 'a question about a member that is not in the projection' })
  }
}

// ── filters ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function readFilter(
  entries: readonly QueryEntry[],
  filters: readonly QueryEntry[],
  { type, view, mode, projection }: Reader,
  problems: FieldError[],
): DocumentFilter {
  const ids = entries.filter(({ name }) => name === '_ids').flatMap(namesIn)
  const archived = entries.find(({ name }) => name === 'archived')?.value
  return {
    type: type.name,
    mode,
    visibilities: view.visibilities,
    archived: archived === 'any' ? null : isYes(archived),
    conditions: readConditions(filters, type, problems),
    search: readSearch(entries, type, projection),
    docIds: entries.some(({ name }) => name === '_ids') ? [...new Set(ids.map(bareId))].slice(0, mostIds) : null,
  }
}

/** Values in brackets without a name, several values, or one with commas. */
function namesIn({ value }: QueryEntry): readonly string[] {
  return value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .slice(0, mostValues)
}

export function bareId(id: string): string {
  return id.split(':', 1)[0] ?? ''
}

function readConditions(filters: readonly QueryEntry[], type: PieceType, problems: FieldError[]): readonly Condition[] {
  const byName = Map.groupBy(filters, ({ name }) => name)
  return [...byName].flatMap(([name, given]): readonly Condition[] => {
    const wrong = (message: string): readonly Condition[] => {
      problems.push({ field: name.slice(0, 100).toWellFormed(), message })
      return []
    }
    if (given.length > mostValues) return wrong(`must not have more than ${mostValues} values`)
    if (isFilter(name, type) && given.some(({ key }) => !isPlace(key)))
      return wrong('takes values, several of them as [], and the bounds [min] and [max]')
    const path = parseDotPath(name)
    const column = filterColumns.includes(name) ? columns[name] : undefined
    if (column !== undefined) {
      return [{ operand: { column }, op: 'in', values: given.map(({ value }) => cut(value)) }]
    }
    if (!isFilter(name, type)) return []
    const field = path === null ? null : fieldAt(type.fields, path)
    if (field?.type === 'relationship' && path?.length === 1) {
      const ids = given.flatMap(namesIn).map(bareId)
      if (ids.length > mostIds) return wrong(`must not have more than ${mostIds} ids`)
      return [{ path: [storageName(field.name)], op: 'relates', ids: ids.filter((id) => documentId.test(id)) }]
    }
    const operand = path === null ? null : operandAt(type, path)
    if (field === null || operand === null) return wrong('cannot be filtered by')
    return conditionsOf(field, operand, given, wrong)
  })
}

/** What stands in the brackets of a value: nothing, its place in a list, or which bound it is. No operators. */
const isPlace = (key: string | null): boolean => key === null || /^(?:\d{0,3}|min|max)$/.test(key)

const cut = (text: string): string => text.slice(0, 1000)

function conditionsOf(
  field: Field,
  operand: Operand,
  given: readonly QueryEntry[],
  wrong: (message: string) => readonly Condition[],
): readonly Condition[] {
  // A bound of the declaration is about what is stored, not about what is looked for.
  const loose = { ...field, min: null, max: null }
  const readings = given.map(({ key, value }) => ({ key, reading: readValue(loose, value) }))
  if (readings.some(({ reading }) => reading === null)) return wrong('must be a value of this field')
  const valuesOf = (isWanted: (key: string | null) => boolean) =>
    readings.flatMap(({ key, reading }) => (isWanted(key) && reading !== null ? [reading] : []))
  const isBound = (key: string | null): key is 'min' | 'max' => key === 'min' || key === 'max'
  const equal = valuesOf((key) => !isBound(key))
  return [
    ...(equal.length > 0 ? [{ operand, op: 'in', values: equal } as const] : []),
    ...(['min', 'max'] as const).flatMap((op) =>
      valuesOf((key) => key === op).map((value) => ({ operand, op, value }) as const),
    ),
  ]
}

/** Null: no value of this field. A choice that is none is a value that no document has. */
function readValue(field: Field, text: string): string | number | boolean | null {
  const read = readScalar(field.type === 'select' || field.type === 'slug' ? { ...field, type: 'string' } : field, text)
  const value = 'value' in read ? read.value : null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** What a path is compared by; null: it is not, as lists and what is in them. */
export function operandAt(type: PieceType, path: readonly string[]): Operand | null {
  const above = path.slice(0, -1).map((_, at) => fieldAt(type.fields, path.slice(0, at + 1)))
  if (above.some((field) => field?.type !== 'object')) return null
  const field = fieldAt(type.fields, path)
  const comparable = field === null ? null : comparableOf(field)
  return comparable === null ? null : { path, comparable }
}

function readSearch(
  entries: readonly QueryEntry[],
  type: PieceType,
  projection: Projection | null,
): DocumentFilter['search'] {
  const texts = entries.filter(({ name }) => name === 'search' || name === 'autocomplete').map(({ value }) => value)
  const words = fold(texts.join(' ').slice(0, longestSearch))
    .split(/[\s\0]+/)
    .filter((word) => word !== '')
    .slice(0, mostWords)
  if (words.length === 0) return null
  const paths = searchPaths(type.fields)
  return { words, paths: projection === null ? paths : paths.filter((path) => projection.covers(path.split('.'))) }
}

// ── order, choices, members ─────────────────────────────────────────────────────────────────────────────────────────

/** Other values than 1 and -1, and names that nothing is sorted by, are passed over. */
function readSort(entries: readonly QueryEntry[], type: PieceType): readonly Sorting[] {
  return entries
    .filter(({ name, value }) => name === 'sort' && (value === '1' || value === '-1'))
    .flatMap(({ key, value }): readonly Sorting[] => {
      const operand = comparableAt(type, key ?? '')
      return operand === null ? [] : [{ operand, direction: value === '1' ? 'asc' : 'desc' }]
    })
    .slice(0, 5)
}

function comparableAt(type: PieceType, name: string): Operand | null {
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined
  if (column !== undefined) return { column }
  const path = parseDotPath(name)
  return path === null ? null : operandAt(type, path)
}

function readChoices(
  entries: readonly QueryEntry[],
  { type, view }: Reader,
  problems: FieldError[],
): readonly WantedChoices[] {
  const most = mostChoices[view.archived ? 'contributors' : 'others']
  const wanted = entries
    .filter((entry) => entry.name === 'choices' || entry.name === 'counts')
    .flatMap((entry) =>
      namesIn(entry).map((name) => ({ name, as: entry.name === 'counts' ? 'counts' : 'choices' }) as const),
    )
    .flatMap(({ name, as }): readonly WantedChoices[] => {
      const path = parseDotPath(name)
      const operand = name === 'slug' || path === null ? null : operandAt(type, path)
      return operand === null || path === null ? [] : [{ name, as, operand, field: fieldAt(type.fields, path) }]
    })
  if (wanted.length > most) problems.push({ field: 'choices', message: `must not name more than ${most} fields` })
  return wanted.slice(0, most)
}

function readProject(entries: readonly QueryEntry[], problems: FieldError[]): readonly string[] | null {
  const wanted = entries.filter(({ name, key }) => name === 'project' && key !== null)
  if (wanted.length === 0) return null
  for (const { key, value } of wanted) {
    if (!isYes(value)) problems.push({ field: 'project', message: 'must be 1 for each field to include' })
    else if (parseDotPath(key ?? '') === null) problems.push({ field: 'project', message: 'must name fields' })
  }
  return wanted.map(({ key }) => key ?? '').slice(0, mostValues)
}
