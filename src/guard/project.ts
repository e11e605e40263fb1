import { parseDotPath } from '../core/dot-path.ts'
import { createPublicProjection } from '../core/public-projection.ts'

/** What everybody may see: `{ title: 1, 'author.name': 1 }`. Only what is named is shown. */
export type Projection = Readonly<Record<string, 1 | true>>

const made = new WeakMap<Projection, (answer: unknown) => unknown>()

function make(projection: Projection): (answer: unknown) => unknown {
  const entries = Object.entries(projection)
  if (entries.length === 0) throw new TypeError('project: names no field to show')
  for (const [path, value] of entries) {
    if (parseDotPath(path) === null) throw new TypeError(`project: "${path}" is no path of field names`)
    if (value !== 1 && value !== true)
      throw new TypeError(`project: "${path}" must be 1: fields are included, nothing else`)
  }
  return createPublicProjection(entries.map(([path]) => path))
}

/**
 * For public reads: a document, a list of documents, or the `results` of an envelope, reduced to the fields of the
 * projection; null for what is none of these. TypeError for a projection that does more than include fields.
 */
export function project(answer: unknown, projection: Projection): unknown {
  const known = made.get(projection) ?? make(projection)
  made.set(projection, known)
  return known(answer)
}
