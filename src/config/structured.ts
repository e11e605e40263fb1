import type { StaticKey } from '../core/settings.ts'
import { isCompactJws } from '../crypto/jwt.ts'
import { isUuid } from '../crypto/random.ts'
import { type ApiName, apiNames, type RoleName, type Scope } from '../types.ts'
import { bad, good, json, type Kind, list, type Reading } from './kinds.ts'

const name = /^[a-z][a-z0-9_-]{0,63}$/
export const scopeName = /^[a-z][a-z0-9_.-]*(:[a-z*][a-z0-9_.*-]*)*$/

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readRole(value: string): Reading<RoleName> {
  return name.test(value) ? good(value) : bad('must be a role: lower-case letters, digits, - and _')
}

/** A list of roles; whether each exists is checked against the role table later. */
export const roleNames: Kind<readonly RoleName[]> = list({
  is: 'role',
  fromText: readRole,
  fromValue: (value) => (typeof value === 'string' ? readRole(value) : bad('must be text')),
})

const forbidden = ['__proto__', 'constructor', 'prototype']

export const roleTable: Kind<Readonly<Record<RoleName, readonly Scope[]>>> = json(
  'object of role -> list of scopes',
  (value) => {
    if (!isRecord(value)) return bad('must be an object of role -> list of scopes')
    const entries: [RoleName, readonly Scope[]][] = []
    for (const [role, scopes] of Object.entries(value)) {
      if (forbidden.includes(role) || !name.test(role))
        return bad('has a role whose name is not lower-case letters, digits, - and _')
      if (
        !Array.isArray(scopes) ||
        !scopes.every((entry) => typeof entry === 'string' && entry.length <= 100 && scopeName.test(entry))
      ) {
        return bad(`role ${role} must be a list of scopes such as "account:read"`)
      }
      entries.push([role, scopes])
    }
    return good(Object.fromEntries(entries))
  },
)

/** Which other kind of credential a static key would be taken for, or null. */
function mistakenFor(key: string): string | null {
  if (/^cardea_/i.test(key)) return 'an API key (cardea_...)'
  if (isCompactJws(key) || /^[\w-]+\.[\w-]+\.[\w-]+$/.test(key)) return 'a JWT'
  const [first = '', ...rest] = key.split('.')
  if (isUuid(first)) return rest.length === 0 ? 'an id' : 'a session token (uuid.secret)'
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i.test(key)) return 'an id'
  return null
}

function readStaticKey(value: unknown, index: number): Reading<StaticKey> {
  const at = `item ${index + 1}`
  if (!isRecord(value)) return bad(`${at} must be an object { name, key, role, api }`)
  const unknown = Object.keys(value).find((field) => !['name', 'key', 'role', 'api'].includes(field))
  if (unknown !== undefined) return bad(`${at} has a field that is none of name, key, role, api`)
  const { name: label, key, role, api = 'native' } = value
  if (typeof label !== 'string' || !name.test(label))
    return bad(`${at} needs a name of lower-case letters, digits, - and _`)
  if (typeof role !== 'string' || !name.test(role)) return bad(`${at} needs the name of a role`)
  const door = apiNames.find((candidate): candidate is ApiName => candidate === api)
  if (door === undefined) return bad(`${at}: api must be one of ${apiNames.join(', ')}`)
  if (typeof key !== 'string' || !/^[\x21-\x7e]{16,512}$/.test(key))
    return bad(`${at} needs a key of 16 to 512 printable ASCII characters without blanks`)
  const other = mistakenFor(key)
  return other === null
    ? good({ name: label, key, role, api: door })
    : bad(`${at}: the key has the shape of ${other}; use a random string, such as from \`openssl rand -hex 32\``)
}

const apostropheRoles = ['guest', 'contributor', 'editor', 'admin']

/** `{ KEY: { role, name? } }`, as projects of ApostropheCMS have it. No message repeats a key. */
export const apostropheKeys: Kind<readonly StaticKey[]> = json('object of key -> `{ role, name? }`', (value) => {
  if (!isRecord(value)) return bad('must be an object of key -> { role }')
  const keys: StaticKey[] = []
  for (const [index, [key, entry]] of Object.entries(value).entries()) {
    const at = `item ${index + 1}`
    if (!isRecord(entry)) return bad(`${at} must be an object { role, name? }`)
    const unknown = Object.keys(entry).some((field) => !['role', 'name'].includes(field))
    if (unknown) return bad(`${at} has a field that is none of role, name`)
    const { role, name: label = `apostrophe-${index + 1}` } = entry
    if (typeof role !== 'string' || !apostropheRoles.includes(role))
      return bad(`${at} must have the role ${apostropheRoles.join(', ')}`)
    const reading = readStaticKey({ name: label, key, role, api: 'apostrophe' }, index)
    if (!reading.ok) return reading
    if (keys.some((earlier) => earlier.name === reading.value.name)) return bad(`${at} has the name of an earlier one`)
    keys.push(reading.value)
  }
  return good(keys)
})

export const staticKeys: Kind<readonly StaticKey[]> = json('list of `{ name, key, role, api }`', (value) => {
  if (!Array.isArray(value)) return bad('must be a list of { name, key, role, api }')
  const keys: StaticKey[] = []
  for (const [index, entry] of value.entries()) {
    const reading = readStaticKey(entry, index)
    if (!reading.ok) return reading
    if (keys.some((key) => key.name === reading.value.name))
      return bad(`item ${index + 1} has the name of an earlier one`)
    if (keys.some((key) => key.key === reading.value.key)) return bad(`item ${index + 1} has the key of an earlier one`)
    keys.push(reading.value)
  }
  return good(keys)
})
