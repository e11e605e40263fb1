import type { Condition, Operand } from './document-records.ts'
import type { PieceQuery } from './piece-query.ts'
import type { PieceType } from './piece-types.ts'

/** Rows that are read and thrown away before a page costs as much as a search. */
const farOffset = 2000

/**
 * How many times a question makes the database read all documents of a type, or all that match: once where no index is in
 * the order that is asked for, once for each field whose values are listed. Callers below contributors have a limit of
 * these.
 */
export function costOf(type: PieceType, { search, choices, offset, conditions, sort }: PieceQuery): number {
  const isDirect = search === null && offset < farOffset && hasIndex(type, conditions, sort)
  return (isDirect ? 0 : 1) + choices.length
}

/**
 * Whether an index leads straight to what is asked for: its first fields have one value each, those that follow are sorted
 * by in its order and in one direction, and bounds are of the first that is sorted by.
 */
function hasIndex(type: PieceType, conditions: readonly Condition[], sort: PieceQuery['sort']): boolean {
  const equal = new Set<string>()
  const bounded = new Set<string>()
  for (const condition of conditions) {
    if (condition.op === 'relates') return false
    const isOne = condition.op === 'in' && condition.values.length === 1
    const names = isOne ? equal : bounded
    names.add(nameOf(condition.operand))
  }
  equal.delete(inEveryIndex)
  const sorted = sort.map(({ operand }) => nameOf(operand)).filter((name) => !equal.has(name))
  if (sorted.at(-1) === usualOrder) sorted.pop()
  const isBoundedBeyond = [...bounded].some((name) => name !== sorted[0] && !equal.has(name))
  if (isBoundedBeyond || sort.some(({ direction }) => direction !== sort[0]?.direction)) return false
  const fields = [...equal, ...sorted]
  if (fields.length === 0) return true
  const [only = ''] = fields
  if (fields.length === 1) return !unindexed.includes(only)
  return type.indexes.some(
    (index) =>
      index.slice(0, equal.size).every((name) => equal.has(name)) &&
      fields.length <= index.length &&
      sorted.every((name, at) => name === index[equal.size + at]),
  )
}

/** Columns that have no index of their own. */
const unindexed: readonly string[] = [
  'column createdAt',
  'column lastPublishedAt',
  'column updatedAt',
  'column visibility',
]

/** Beside what the index is of, so that it is looked at without a row being read. */
const inEveryIndex = 'column visibility'

/** What is equal so far comes in this order in every index. */
const usualOrder = 'column updatedAt'

const nameOf = (operand: Operand): string => ('column' in operand ? `column ${operand.column}` : operand.path.join('.'))
