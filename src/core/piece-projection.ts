import { Aggregator } from 'mingo/aggregator'
import { Context } from 'mingo/core'
import { $project } from 'mingo/operators/pipeline'
import { isWithin, parseDotPath } from './dot-path.ts'
import { fieldAt, type MetaName, metaNames, type PieceType, type ProjectionPaths, storageName } from './piece-types.ts'
import type { Json } from './records.ts'

export type Shaped = { readonly [name: string]: Json }

/** What every projected document has, whatever the map says. */
export const alwaysShown = ['_id', 'type', 'metaType', 'cacheInvalidatedAt'] as const satisfies readonly MetaName[]

/** What a projection does, and what may be asked of the fields by whoever sees no more than it. */
export interface Projection {
  /** These documents with the projected members and those of `alwaysShown`; nothing else. */
  apply(documents: readonly Shaped[]): readonly Shaped[]
  /** Whether all that is at and below this path is shown. */
  covers(path: readonly string[]): boolean
}

/** Only what includes members is known here: no operator, no expression. */
const context = Context.init({ pipeline: { $project } })

export function createProjection(paths: ProjectionPaths): Projection {
  const shown = [...new Set([...paths, ...alwaysShown, ...paths.flatMap(addedBy)])]
  // mingo refuses a map that names a member and something in it.
  const distinct = shown.filter((path) => !shown.some((other) => path !== other && path.startsWith(`${other}.`)))
  const stages = [{ $project: Object.fromEntries(distinct.map((path) => [path, 1])) }]
  const aggregator = new Aggregator(stages, { context })
  const covered = distinct.map((path) => path.split('.'))
  return {
    apply: (documents) => aggregator.run([...documents]) as readonly Shaped[], // members of what was handed in
    covers: (path) => covered.some((above) => isWithin(path, above)),
  }
}

/** `_url` is made of the slug, a relationship of the ids in it. */
function addedBy(path: string): readonly string[] {
  const [first = ''] = path.split('.')
  if (first === '_url') return ['slug']
  return first.startsWith('_') && first !== '_id' ? [storageName(first)] : []
}

export type ProjectionReading = { readonly paths: ProjectionPaths } | { readonly wrong: string }

/**
 * A MongoDB-style inclusion map as it stands in the configuration. `types`: all that are declared, for what lies behind
 * relationships. Anything but an inclusion of a known field is refused with its name.
 */
export function readProjection(
  map: unknown,
  type: PieceType,
  types: ReadonlyMap<string, PieceType>,
): ProjectionReading {
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    return { wrong: 'must be a map of fields to include, such as { title: 1 }' }
  const entries = Object.entries(map)
  if (entries.length === 0) return { wrong: 'must include a field; leave it out to keep the type to its editors' }
  for (const [path, value] of entries) {
    const wrong = problemOf(path, value, type, types)
    if (wrong !== null) return { wrong }
  }
  const paths = entries.map(([path]) => path)
  for (const path of paths) {
    const above = paths.find((other) => path.startsWith(`${other}.`))
    if (above !== undefined) return { wrong: `"${path}" is within "${above}", which is included as a whole` }
  }
  return { paths }
}

function problemOf(
  path: string,
  value: unknown,
  type: PieceType,
  types: ReadonlyMap<string, PieceType>,
): string | null {
  const operator = [path, ...Object.keys(typeof value === 'object' && value !== null ? value : {})].find((name) =>
    name.split('.').some((part) => part.startsWith('$')),
  )
  if (operator !== undefined) return `"${operator}" is an operator: only fields to include are taken`
  if (typeof value === 'object') return `"${path}" must be 1; write members with dots, such as "${path}.name"`
  if (value === 0 || value === false)
    return `"${path}" is excluded: name the fields to include, all others are left out`
  if (value !== 1 && value !== true) return `"${path}" must be 1`
  const parts = parseDotPath(path)
  if (parts === null) return `"${path.slice(0, 80)}" is no path of field names`
  return isKnown(parts, type, types) ? null : `"${path}" is not a field of ${type.name}`
}

/** A member of every document, a declared field, or one of the documents that a relationship leads to. */
function isKnown(parts: readonly string[], type: PieceType, types: ReadonlyMap<string, PieceType>): boolean {
  const [first = '', ...rest] = parts
  if (rest.length === 0 && metaNames.some((name) => name === first)) return true
  const field = fieldAt(type.fields, [first])
  if (field?.type !== 'relationship') return fieldAt(type.fields, parts) !== null
  if (rest.length === 0) return true
  const other = types.get(field.withType ?? '')
  const [inner = ''] = rest
  return (
    other !== undefined &&
    (rest.length === 1 && metaNames.some((name) => name === inner)
      ? true
      : fieldAt(other.fields, rest) !== null && fieldAt(other.fields, [inner])?.type !== 'relationship')
  )
}

/** Fields that a template such as `/articles/:slug` is made of, besides the slug. */
export function templateNames(template: string): readonly string[] {
  return Array.from(template.matchAll(/:([A-Za-z_]\w*)/g), ([, name = '']) => name)
}
