import { machineNames, parseDotPath } from './dot-path.ts'
import { type FieldProblem, isRecord, type Values } from './piece-fields.ts'
import { type Field, fieldAt, storageName, storedName } from './piece-types.ts'

export interface Patched {
  /** The fields that were named, or something in them. */
  readonly fields: readonly Field[]
  /** What they hold now, not checked yet. */
  readonly input: Readonly<Record<string, unknown>>
  readonly problems: readonly FieldProblem[]
}

type Tree = { [name: string]: unknown }

/**
 * Changes by path over the values of a document: `title`, `address.city`, `items.0.label`, `items.@id.label`; an index
 * one past the end adds an item. Names that are no field are passed over, as in a whole document. Only declared fields
 * are walked, so that no path leads anywhere else.
 */
export function patchValues(
  fields: readonly Field[],
  values: Values,
  body: Readonly<Record<string, unknown>>,
): Patched {
  const problems: FieldProblem[] = []
  const touched = new Set<Field>()
  const input: Tree = structuredClone({ ...values })
  const refuse = (path: string, message: string) =>
    problems.push({ path: path.slice(0, 100).toWellFormed(), name: 'invalid', message })

  for (const [name, value] of Object.entries(body)) {
    if (name.startsWith('$')) {
      refuse(name, 'is an operator: only paths and values are taken')
      continue
    }
    const path = parseDotPath(name)
    if (name.split('.').some((part) => machineNames.includes(part))) {
      refuse(name, 'has a name that is not allowed')
      continue
    }
    if (path === null) {
      // What is no path cannot be a field either; only what looks like one is worth a complaint.
      if (name.includes('.')) refuse(name, 'is no path to a field')
      continue
    }
    const field = fieldNamed(fields, path[0] ?? '')
    if (field === null) continue
    touched.add(field)
    if (path.length === 1) {
      // Under which of its two names a relationship comes, the other one is not there any more.
      delete input[storedName(field)]
      input[field.name] = value
    } else if (!setWithin(field, input, path.slice(1), value)) refuse(name, 'leads to no field')
  }
  return { fields: [...touched], input, problems }
}

function fieldNamed(fields: readonly Field[], name: string): Field | null {
  return (
    fieldAt(fields, [name]) ??
    fields.find((field) => field.type === 'relationship' && storageName(field.name) === name) ??
    null
  )
}

/** Sets what lies below `field`, whose value is in `holder`. */
function setWithin(field: Field, holder: Tree, path: readonly string[], value: unknown): boolean {
  if (field.type === 'object') {
    const held = isRecord(holder[field.name]) ? (holder[field.name] as Tree) : {}
    holder[field.name] = held
    return setMember(field.fields, held, path, value)
  }
  if (field.type !== 'array') return false
  const items = Array.isArray(holder[field.name]) ? (holder[field.name] as unknown[]) : []
  holder[field.name] = items
  const [place = '', ...rest] = path
  const at = place.startsWith('@')
    ? items.findIndex((item) => isRecord(item) && item._id === place.slice(1))
    : indexIn(place)
  if (at < 0 || at > items.length) return false
  if (rest.length === 0) {
    items[at] = value
    return true
  }
  const item = items[at] ?? {}
  if (!isRecord(item)) return false
  items[at] = item
  return setMember(field.fields, item as Tree, rest, value)
}

function setMember(fields: readonly Field[], holder: Tree, path: readonly string[], value: unknown): boolean {
  const [name = '', ...rest] = path
  const field = fieldAt(fields, [name])
  if (field === null) return false
  if (rest.length > 0) return setWithin(field, holder, rest, value)
  holder[field.name] = value
  return true
}

const indexIn = (text: string): number => (/^\d{1,6}$/.test(text) ? Number(text) : -1)
