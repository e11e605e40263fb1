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

/** One value of each field, and one order, for which an index is made. */
function hasIndex(type: PieceType, conditions: readonly Condition[], sort: PieceQuery['sort']): boolean {
  const sorted = new Set(sort.map(({ operand }) => nameOf(operand)))
  const names = new Set(sorted)
  for (const condition of conditions) {
    if (condition.op === 'relates') return false
    const name = nameOf(condition.operand)
    const isOne = condition.op === 'in' && condition.values.length === 1
    // A range is in the order of its own field and no other.
    if (!isOne && !sorted.has(name)) return false
    names.add(name)
  }
  names.delete(usualOrder)
  const fields = [...names]
  return fields.length <= 1
    ? fields.every((name) => name !== 'column createdAt' && name !== 'column lastPublishedAt')
    : type.indexes.some((index) => fields.every((name) => index.includes(name)))
}

/** It is in every index. */
const usualOrder = 'column updatedAt'

const nameOf = (operand: Operand): string => ('column' in operand ? `column ${operand.column}` : operand.path.join('.'))
