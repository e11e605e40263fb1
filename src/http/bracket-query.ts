import { CardeaError } from '../errors.ts'

/** `sort[price]=1` is `{ name: 'sort', key: 'price', value: '1' }`; `color[]=red` has the key `''`, `page=2` none. */
export interface BracketEntry {
  readonly name: string
  readonly key: string | null
  readonly value: string
}

const mostEntries = 200
const shape = /^([^[\]]{1,300})(?:\[([^[\]]{0,300})\])?$/

function refuseMany(count: number): void {
  if (count > mostEntries)
    throw new CardeaError('request_invalid', {
      fields: [{ field: 'query', message: `must not have more than ${mostEntries} parameters` }],
    })
}

/**
 * A query whose names may have one key in brackets, in the order in which it was written; a name may come several times.
 * What has more structure than that is left out. Throws request_invalid for more than 200 parameters.
 */
export function readBracketQuery(query: URLSearchParams): readonly BracketEntry[] {
  refuseMany(query.size)
  return Array.from(query).flatMap(([text, value]) => {
    const [, name, key = null] = shape.exec(text) ?? []
    return name === undefined ? [] : [{ name, key, value }]
  })
}

/** The same from an object, as it stands in a JSON body: lists are several values, members of objects are keys. */
export function entriesOf(query: object): readonly BracketEntry[] {
  const entries = Object.entries(query).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.flatMap((each) => entry(name, '', each))
    if (typeof value !== 'object' || value === null) return entry(name, null, value)
    return Object.entries(value).flatMap(([key, inner]) => entry(name, key, inner))
  })
  refuseMany(entries.length)
  return entries
}

function entry(name: string, key: string | null, value: unknown): readonly BracketEntry[] {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return isPlain ? [{ name, key, value: String(value) }] : []
}
