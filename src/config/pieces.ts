import { machineNames } from '../core/dot-path.ts'
import { readProjection, templateNames } from '../core/piece-projection.ts'
import { operandAt } from '../core/piece-query.ts'
import type { PieceType, Rank } from '../core/piece-types.ts'
import { bad, good, json, type Kind, type Reading } from './kinds.ts'
import { type FieldDeclaration, isRecord, readFields } from './piece-fields.ts'

const typeName = /^[a-z][a-z0-9_-]{0,63}$/
/** Modules of the contract's own; their addresses are not to be had. */
const reservedTypes = ['auth', 'login', ...machineNames]

/** A piece type as it is written; what the names mean, docs/pieces.md says. */
export interface PieceDeclaration {
  readonly fields: Readonly<Record<string, FieldDeclaration>>
  readonly publicApiProjection?: Readonly<Record<string, 1 | true>>
  readonly url?: string
  readonly guestApiAccess?: boolean
  readonly viewRole?: Rank
  readonly editRole?: Rank
  readonly publishRole?: Rank
  readonly indexes?: readonly (readonly string[])[]
}

const members = [
  'fields',
  'publicApiProjection',
  'url',
  'guestApiAccess',
  'viewRole',
  'editRole',
  'publishRole',
  'indexes',
] as const

type Declaration = Readonly<Record<string, unknown>>

/** A type of which everything but the projection is read: that one can name fields of other types. */
interface Draft {
  readonly type: PieceType
  readonly projection: unknown
}

const roles: Readonly<Record<'viewRole' | 'editRole' | 'publishRole', readonly Rank[]>> = {
  viewRole: ['guest', 'contributor', 'editor', 'admin'],
  editRole: ['contributor', 'editor', 'admin'],
  publishRole: ['contributor', 'editor', 'admin'],
}

/** Which piece types there are. What is wrong is named with its place: `article.fields.price: ...`. */
export const pieceTypes: Kind<readonly PieceType[]> = json('object of name -> piece type', (value) => {
  if (!isRecord(value)) return bad('must be an object of name -> piece type')
  const drafts: Draft[] = []
  for (const [name, declaration] of Object.entries(value)) {
    const reading = readType(name, declaration)
    if (!reading.ok) return reading
    drafts.push(reading.value)
  }
  const types = new Map(drafts.map(({ type }) => [type.name, type]))
  const finished: PieceType[] = []
  for (const { type, projection } of drafts) {
    const lost = relationshipsOf(type).find(({ withType }) => !types.has(withType))
    if (lost !== undefined) return bad(`${type.name}.fields.${lost.name}: there is no piece type "${lost.withType}"`)
    const reading = withProjection(type, projection, types)
    if (!reading.ok) return reading
    finished.push(reading.value)
  }
  return good(finished)
})

function relationshipsOf({ fields }: PieceType): readonly { readonly name: string; readonly withType: string }[] {
  return fields.flatMap(({ name, withType }) => (withType === null ? [] : [{ name, withType }]))
}

function readType(name: string, declaration: unknown): Reading<Draft> {
  const at = name.slice(0, 80)
  if (reservedTypes.includes(name) || name.startsWith('@apostrophecms/')) return bad(`${at}: this name is reserved`)
  if (!typeName.test(name)) return bad(`${at}: a type is called by lower-case letters, digits, - and _`)
  if (!isRecord(declaration)) return bad(`${at} must be an object with fields`)
  const unknown = Object.keys(declaration).find((member) => !members.some((known) => known === member))
  if (unknown !== undefined) return bad(`${at}.${unknown.slice(0, 80)}: is none of ${members.join(', ')}`)
  const fields = readFields(`${at}.fields`, declaration.fields)
  if (!fields.ok) return fields
  const { guestApiAccess = false, url = null } = declaration
  if (typeof guestApiAccess !== 'boolean') return bad(`${at}.guestApiAccess must be true or false`)
  for (const [role, ranks] of Object.entries(roles)) {
    const rank = declaration[role]
    if (rank !== undefined && !ranks.some((each) => each === rank))
      return bad(`${at}.${role} must be one of ${ranks.join(', ')}`)
  }
  const type: PieceType = {
    name,
    fields: fields.value,
    publicApiProjection: null,
    url: null,
    guestApiAccess,
    viewRole: rankIn(declaration, 'viewRole', 'anonymous'),
    editRole: rankIn(declaration, 'editRole', 'contributor'),
    publishRole: rankIn(declaration, 'publishRole', 'editor'),
    indexes: [],
  }
  const wrongUrl = urlProblem(url, type)
  if (wrongUrl !== null) return bad(`${at}.url ${wrongUrl}`)
  const indexes = readIndexes(type, declaration.indexes)
  if (!indexes.ok) return indexes
  return good({
    type: { ...type, url: url as string | null, indexes: indexes.value },
    projection: declaration.publicApiProjection,
  })
}

function rankIn(declaration: Declaration, role: keyof typeof roles, usual: Rank): Rank {
  return roles[role].find((rank) => rank === declaration[role]) ?? usual
}

/** Letters that need no encoding in a path, and `:name` for the slug or a field that is one plain value. */
const template = /^(?:\/(?:[A-Za-z0-9._~-]|:[A-Za-z_]\w*)*)+$/

function urlProblem(url: unknown, type: PieceType): string | null {
  if (url === null) return null
  if (typeof url !== 'string' || url.length > 200 || !template.test(url) || /\/\/|\/\.{1,2}(\/|$)/.test(url))
    return 'must be a path such as /articles/:slug'
  for (const name of templateNames(url)) {
    if (name !== 'slug' && operandAt(type, [name]) === null)
      return `names ":${name}", which is neither the slug nor a field with a plain value`
  }
  return null
}

/** An address that is shown must not tell what is not. */
function withProjection(type: PieceType, map: unknown, types: ReadonlyMap<string, PieceType>): Reading<PieceType> {
  if (map === undefined || map === null) return good(type)
  const at = `${type.name}.publicApiProjection`
  const reading = readProjection(map, type, types)
  if ('wrong' in reading) return bad(`${at}: ${reading.wrong}`)
  const { paths } = reading
  const hidden = templateNames(type.url ?? '').find((name) => name !== 'slug' && !paths.includes(name))
  if (paths.includes('_url') && hidden !== undefined)
    return bad(`${at}: "_url" is made of "${hidden}", which is not included`)
  return good({ ...type, publicApiProjection: paths })
}

function readIndexes(type: PieceType, value: unknown): Reading<readonly (readonly string[])[]> {
  if (value === undefined) return good([])
  const at = `${type.name}.indexes`
  if (!Array.isArray(value) || value.length > 20) return bad(`${at} must be a list of at most 20 lists of fields`)
  const found: string[][] = []
  for (const [index, names] of value.entries()) {
    const isList = Array.isArray(names) && names.length >= 1 && names.length <= 5
    if (!isList) return bad(`${at}: item ${index + 1} must be a list of 1 to 5 fields`)
    const wrong = names.find(
      (name: unknown) => typeof name !== 'string' || operandAt(type, name.split('.')) === null,
    ) as unknown
    if (wrong !== undefined)
      return bad(`${at}: item ${index + 1} names "${String(wrong).slice(0, 80)}", which is no field with a plain value`)
    if (names.filter((name: string) => isText(type, name)).length > mostTexts)
      return bad(`${at}: item ${index + 1} must not have more than ${mostTexts} fields that hold text`)
    found.push(names)
  }
  return good(found)
}

/** A row of an index of PostgreSQL holds 2,704 bytes: three beginnings of texts, whatever the script. */
const mostTexts = 3

function isText(type: PieceType, name: string): boolean {
  const operand = operandAt(type, name.split('.'))
  return operand === null || !('comparable' in operand) || operand.comparable === 'text'
}
