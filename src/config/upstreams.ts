import { parseDotPath } from '../core/dot-path.ts'
import { isUnder, type OpenReads, type Upstream, type UpstreamTarget } from '../http/upstreams.ts'
import type { CredentialKind, Scope } from '../types.ts'
import { isRecord, readGuarding, strayMember } from './access.ts'
import { bad, good, json, type Kind, pathPrefix, type Reading } from './kinds.ts'
import { count, option, seconds } from './option.ts'

/** An entry of `upstreams` as it is written. */
export interface UpstreamDeclaration {
  readonly prefix: string
  readonly target: string
  readonly accepts?: readonly CredentialKind[]
  readonly requires?: Scope | readonly Scope[]
  readonly audience?: string
  readonly publicApiProjection?: Readonly<Record<string, 1 | true>>
  readonly publicQuery?: readonly string[]
}

const members = ['prefix', 'target', 'accepts', 'requires', 'audience', 'publicApiProjection', 'publicQuery']

function readTarget(value: unknown): Reading<UpstreamTarget & { readonly origin: string }> {
  const wrong = bad('target must be an address such as http://127.0.0.1:8080, without user, query and fragment')
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value) || /[?#@\\%;]|\/\/.*\/\/|\/\.+(\/|$)/.test(value))
    return wrong
  const url = URL.parse(value)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return wrong
  const written = value.slice(value.indexOf('//') + 2)
  return good({
    protocol: url.protocol,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    authority: url.host,
    path: written.includes('/') ? url.pathname.replace(/\/$/, '') : null,
    origin: url.origin,
  })
}

function readProjection(value: unknown): Reading<readonly string[] | null> {
  if (value === undefined) return good(null)
  const wrong = bad('publicApiProjection must be an object of member -> 1, such as { "title": 1, "author.name": 1 }')
  if (!isRecord(value)) return wrong
  const paths = Object.keys(value)
  if (paths.length === 0 || paths.length > 500) return wrong
  const isFine = paths.every((path) => parseDotPath(path) !== null && (value[path] === 1 || value[path] === true))
  return isFine ? good(paths) : wrong
}

function readQueryNames(value: unknown): Reading<readonly string[]> {
  if (value === undefined) return good([])
  const isFine =
    Array.isArray(value) &&
    value.length <= 100 &&
    value.every((each) => typeof each === 'string' && /^[\w.[\]-]{1,100}$/.test(each))
  return isFine ? good(value) : bad('publicQuery must be a list of names')
}

function readUpstream(value: unknown): Reading<Upstream> {
  if (!isRecord(value)) return bad('must be an object { prefix, target, accepts?, requires?, publicApiProjection? }')
  const stray = strayMember(value, members)
  if (stray !== null) return bad(stray)
  const prefix = pathPrefix.fromValue(value.prefix)
  if (!prefix.ok || prefix.value === '')
    return bad('prefix must be a path of lower-case letters, digits, - and _ without a closing slash, such as /shop')
  const target = readTarget(value.target)
  if (!target.ok) return target
  const guarding = readGuarding(value)
  if (!guarding.ok) return guarding
  const { accepts, requires, audience } = guarding.value
  const paths = readProjection(value.publicApiProjection)
  if (!paths.ok) return paths
  const query = readQueryNames(value.publicQuery)
  if (!query.ok) return query
  if (paths.value === null && value.publicQuery !== undefined) return bad('publicQuery goes with publicApiProjection')
  if (paths.value === null && accepts.length === 0) return bad('lets nobody in: accepts is empty')
  const { origin, ...at } = target.value
  const open: OpenReads | null = paths.value === null ? null : { paths: paths.value, query: query.value }
  return good({
    prefix: prefix.value,
    target: at,
    accepts,
    requires,
    audience: audience ?? origin,
    open,
  })
}

export const upstreamList: Kind<readonly Upstream[]> = json(
  'list of `{ prefix, target, accepts?, requires?, audience?, publicApiProjection?, publicQuery? }`',
  (value) => {
    if (!Array.isArray(value) || value.length > 100) return bad('must be a list of at most 100 services')
    const found: Upstream[] = []
    for (const [index, entry] of value.entries()) {
      const reading = readUpstream(entry)
      if (!reading.ok) return bad(`item ${index + 1} ${reading.wrong}`)
      const { prefix } = reading.value
      const other = found.find((each) => isUnder(prefix, each.prefix) || isUnder(each.prefix, prefix))
      if (other !== undefined) return bad(`item ${index + 1}: ${prefix} and ${other.prefix} lie in each other`)
      found.push(reading.value)
    }
    return good(found)
  },
)

export const gatewayOptions = {
  upstreams: option(upstreamList, [], {
    defaultText: 'none',
    doc: 'Services that are reached through this server, each below a path of its own.',
  }),
  'gateway.connectSeconds': seconds(5, 'Longest time until a service behind the gateway takes a connection.', 1, 300),
  'gateway.idleSeconds': seconds(
    60,
    'Longest silence of a service behind the gateway, or of its caller, in the middle of a request.',
    1,
    3600,
  ),
  'gateway.projectBytes': count(
    1_048_576,
    'Largest JSON answer that is read to show callers without a credential their part of it.',
    1024,
    64 * 1_048_576,
    'bytes',
  ),
} as const
