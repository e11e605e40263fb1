import { Aggregator } from 'mingo/aggregator'
import { Context } from 'mingo/core'
import { $project } from 'mingo/operators/pipeline'

type Shown = Readonly<Record<string, unknown>>

/** Only what includes members is known here: no operator, no expression. */
const context = Context.init({ pipeline: { $project } })

/** What an envelope keeps beside its results, as numbers or nothing: addresses and texts could say more than is shown. */
const countsOfEnvelope = ['count', 'total', 'page', 'pages', 'perPage', 'currentPage'] as const

const isObject = (value: unknown): value is Shown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reduces a JSON answer of a service to the members that everybody may see: an object, a list of objects, or `results` of
 * an envelope. Null: it is none of these, so nothing of it is shown.
 */
export function createPublicProjection(paths: readonly string[]): (answer: unknown) => unknown | null {
  // mingo refuses a map that names a member and something in it, and shows `_id` unless it is told not to.
  const distinct = paths.filter((path) => !paths.some((other) => path !== other && path.startsWith(`${other}.`)))
  const hidesId = distinct.every((path) => path !== '_id' && !path.startsWith('_id.'))
  const stage = { ...Object.fromEntries(distinct.map((path) => [path, 1])), ...(hidesId ? { _id: 0 } : {}) }
  const aggregator = new Aggregator([{ $project: stage }], { context })
  const showsResults = distinct.some((path) => path === 'results' || path.startsWith('results.'))
  const reduce = (items: readonly unknown[]): readonly unknown[] | null =>
    items.every(isObject) ? aggregator.run([...items]) : null

  return (answer) => {
    if (Array.isArray(answer)) return reduce(answer)
    if (!isObject(answer)) return null
    const { results } = answer
    if (!Array.isArray(results) || showsResults) return reduce([answer])?.[0] ?? null
    const reduced = reduce(results)
    if (reduced === null) return null
    const counts = countsOfEnvelope.filter((name) => Object.hasOwn(answer, name) && typeof answer[name] === 'number')
    return { ...Object.fromEntries(counts.map((name) => [name, answer[name]])), results: reduced }
  }
}
