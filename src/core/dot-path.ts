/** Names that reach JavaScript's own machinery; no field and no part of a path is called so. */
export const machineNames: readonly string[] = ['__proto__', 'constructor', 'prototype']

const longestPath = 300
const mostParts = 12
const part = /^(?:@?[A-Za-z0-9_-]{1,64})$/

/**
 * `address.city`, `items.0.label`, `items.@id.label` in its parts; null for what is no such path. Parts are letters,
 * digits, `_` and `-`, so that none can be read as SQL, as a JSON path or as an operator, and none is a name of the
 * machine's own.
 */
export function parseDotPath(text: string): readonly string[] | null {
  if (text.length > longestPath) return null
  const parts = text.split('.')
  if (parts.length > mostParts) return null
  return parts.every((each) => part.test(each) && !machineNames.includes(each.replace('@', ''))) ? parts : null
}

/** Whether `path` is `above` or lies below it. */
export function isWithin(path: readonly string[], above: readonly string[]): boolean {
  return above.length <= path.length && above.every((each, at) => each === path[at])
}
