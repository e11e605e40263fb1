import { type AccessRule, usualKinds } from '../http/access-rules.ts'
import { readHost, readMethod, readPath } from '../http/request-target.ts'
import { type CredentialKind, credentialKinds, type Scope } from '../types.ts'
import { bad, good, json, type Kind, optional, type Reading } from './kinds.ts'
import { option } from './option.ts'
import { scopeName } from './structured.ts'

/** A line of `rules` as it is written. */
export interface RuleDeclaration {
  readonly host?: string
  readonly path: string
  readonly methods?: readonly string[]
  readonly accepts?: readonly CredentialKind[]
  readonly requires?: Scope | readonly Scope[]
  readonly public?: boolean
  readonly passCredentials?: boolean
  readonly audience?: string
}

/** What is never looked at as a credential of a request to somewhere else. */
const unfit: readonly CredentialKind[] = ['refresh-token', 'one-time']
const kinds = credentialKinds.filter((kind) => !unfit.includes(kind))

type Members = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The first member that is none of these, or null. */
export function strayMember(value: Members, known: readonly string[]): string | null {
  const found = Object.keys(value).find((name) => !known.includes(name))
  return found === undefined ? null : `has a member that is none of ${known.join(', ')}`
}

function readList(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) && value.length <= 100 ? value : null
}

/** `accepts`: kinds of credentials. */
function readKinds(value: unknown): Reading<readonly CredentialKind[]> {
  if (value === undefined) return good(usualKinds)
  const found = readList(value)?.map((each) => kinds.find((kind) => kind === each))
  return found?.every((kind) => kind !== undefined) === true
    ? good(found)
    : bad(`accepts must be a list of ${kinds.join(', ')}`)
}

/** `requires`: a scope, or several that are all needed. */
function readScopes(value: unknown): Reading<readonly Scope[]> {
  if (value === undefined) return good([])
  const found = typeof value === 'string' ? [value] : readList(value)
  return found?.every((each) => typeof each === 'string' && scopeName.test(each)) === true
    ? good(found as readonly Scope[])
    : bad('requires must be a scope such as "orders:read", or a list of scopes')
}

function readAudience(value: unknown): Reading<string | undefined> {
  if (value === undefined) return good(undefined)
  return typeof value === 'string' && /^[\x21-\x7e]{1,300}$/.test(value)
    ? good(value)
    : bad('audience must be text of 1 to 300 printable characters without blanks')
}

interface Guarding {
  readonly accepts: readonly CredentialKind[]
  readonly requires: readonly Scope[]
  readonly audience: string | undefined
}

/** Who gets in, and for whom the service's token is made: the same for rules and upstreams. */
export function readGuarding(value: Readonly<Record<string, unknown>>): Reading<Guarding> {
  const accepts = readKinds(value.accepts)
  if (!accepts.ok) return accepts
  const requires = readScopes(value.requires)
  if (!requires.ok) return requires
  const audience = readAudience(value.audience)
  if (!audience.ok) return audience
  return good({ accepts: accepts.value, requires: requires.value, audience: audience.value })
}

/** `/reports` or `/reports/**`, written as it will be compared: nothing encoded, nothing that could be read twice. */
function readRulePath(value: unknown): Reading<string> {
  const wrong = bad('path must begin with / and be exact or end in /**, without *, %, ;, //, . or .. elsewhere')
  if (typeof value !== 'string') return wrong
  const base = value.endsWith('/**') ? value.slice(0, -3) : value
  if (base === '' && value === '/**') return good(value)
  const read = /[*%?[\]|]/.test(base) ? null : readPath(base)
  if (read === null || (base !== value && base.endsWith('/'))) return wrong
  return good(value)
}

function readMethods(value: unknown): Reading<readonly string[] | undefined> {
  if (value === undefined) return good(undefined)
  const found = readList(value)
  return found !== null && found.length > 0 && found.every((each) => typeof each === 'string' && readMethod(each))
    ? good(found as readonly string[])
    : bad('methods must be a list of methods in upper case, such as ["GET", "POST"]')
}

const ruleMembers = ['host', 'path', 'methods', 'accepts', 'requires', 'public', 'passCredentials', 'audience']

function readRule(value: unknown): Reading<AccessRule> {
  if (!isRecord(value)) return bad('must be an object { host?, path, methods?, accepts?, requires?, public? }')
  const stray = strayMember(value, ruleMembers)
  if (stray !== null) return bad(stray)
  const { host } = value
  if (host !== undefined && (typeof host !== 'string' || readHost(host) !== host || /:\d+$/.test(host)))
    return bad('host must be a host name in lower case, without port and closing dot')
  const path = readRulePath(value.path)
  if (!path.ok) return path
  const methods = readMethods(value.methods)
  if (!methods.ok) return methods
  const guarding = readGuarding(value)
  if (!guarding.ok) return guarding
  const { accepts, requires, audience } = guarding.value
  if (value.public !== undefined && typeof value.public !== 'boolean') return bad('public must be true or false')
  const isPublic = value.public === true
  if (isPublic && requires.length > 0) return bad('cannot be public and require a scope')
  if (!isPublic && accepts.length === 0) return bad('lets nobody in: accepts is empty and it is not public')
  const { passCredentials } = value
  if (passCredentials !== undefined && typeof passCredentials !== 'boolean')
    return bad('passCredentials must be true or false')
  return good({
    path: path.value,
    accepts,
    requires,
    public: isPublic,
    ...(passCredentials === true ? { passCredentials } : {}),
    ...(host === undefined ? {} : { host }),
    ...(methods.value === undefined ? {} : { methods: methods.value }),
    ...(audience === undefined ? {} : { audience }),
  })
}

/** What a rule is called in a message: its place and, where it has one, its path. */
function nameOf(value: unknown, index: number): string {
  const path = isRecord(value) && typeof value.path === 'string' ? ` (${value.path.slice(0, 60)})` : ''
  return `rule ${index + 1}${/[^\x20-\x7e]/.test(path) ? '' : path}`
}

export const accessRules: Kind<readonly AccessRule[]> = json(
  'list of `{ host?, path, methods?, accepts?, requires?, public?, passCredentials?, audience? }`',
  (value) => {
    if (!Array.isArray(value) || value.length > 1000) return bad('must be a list of at most 1000 rules')
    const rules: AccessRule[] = []
    for (const [index, entry] of value.entries()) {
      const reading = readRule(entry)
      if (!reading.ok) return bad(`${nameOf(entry, index)} ${reading.wrong}`)
      const { host, path, methods } = reading.value
      const hiding = rules.findIndex((earlier) => hides(earlier, { host, path, methods }))
      if (hiding >= 0) return bad(`${nameOf(entry, index)} is never reached: rule ${hiding + 1} takes all of it`)
      rules.push(reading.value)
    }
    return good(rules)
  },
)

interface Reach {
  readonly host: string | undefined
  readonly path: string
  readonly methods: readonly string[] | undefined
}

/** Whatever the later rule fits, the earlier one fits. */
function hides(earlier: AccessRule, later: Reach): boolean {
  if (earlier.host !== undefined && earlier.host !== later.host) return false
  if (earlier.methods !== undefined && later.methods?.every((each) => earlier.methods?.includes(each)) !== true)
    return false
  if (!earlier.path.endsWith('/**')) return earlier.path === later.path
  const base = earlier.path.slice(0, -3)
  return later.path === base || later.path.startsWith(`${base}/`)
}

/** Where browsers are sent to sign in: an address of our own, or another page's. */
const signInUrl: Kind<string> = { is: '`https://host/path`', fromText: readSignInUrl, fromValue: readSignInUrl }

function readSignInUrl(value: unknown): Reading<string> {
  const url = typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? URL.parse(value) : null
  const isPage = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.hash === ''
  return isPage && url.password === '' && !url.searchParams.has('return_to')
    ? good(url.href)
    : bad('must be an http or https address without user, fragment and return_to')
}

export const accessOptions = {
  rules: option(accessRules, [], {
    defaultText: 'none: nothing is let through',
    doc: 'What `/auth/verify` lets through to services behind a proxy; the first rule that fits counts. With `passCredentials` a rule lets the service have the credential; services of `upstreams` never get it.',
  }),
  signInUrl: option(optional(signInUrl), null, {
    defaultText: '`/console/sign-in` of this server',
    doc: 'Page that `/auth/verify` sends browsers to behind Caddy and Traefik; it gets `return_to`.',
  }),
} as const
