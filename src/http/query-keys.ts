import { type CredentialReader, deadBearer, keyText, type ReadCredential } from './credentials.ts'

export interface QueryNames {
  /** Names that a key may have, in the order in which they count. */
  readonly keys: readonly string[]
  /** Names that other servers take a token under. What stands there is refused, never passed over. */
  readonly tokens: readonly string[]
}

const unreadableKey = { via: 'unreadable', kind: 'api-key' } as const
const none: readonly ReadCredential[] = []

/** All values under a name; null where the name is given more structure (`name[x]=`) than a plain text has. */
function valuesOf(query: URLSearchParams, name: string): readonly string[] | null {
  for (const each of query.keys()) if (each.startsWith(`${name}[`)) return null
  return query.getAll(name)
}

/** Null: there is no key. An empty one is none; only one plain text is ever looked at. */
function keyIn(query: URLSearchParams, name: string): ReadCredential | null {
  const values = valuesOf(query, name)
  const [text = ''] = values ?? []
  if (values === null || values.length > 1) return unreadableKey
  if (text === '') return null
  return keyText.test(text) ? { via: 'key', text } : unreadableKey
}

function readQuery(query: URLSearchParams, { keys, tokens }: QueryNames): readonly ReadCredential[] {
  if (query.size === 0) return none
  const found: ReadCredential[] = []
  for (const name of keys) {
    const key = keyIn(query, name)
    if (key === null) continue
    found.push(key)
    break
  }
  if (tokens.some((name) => valuesOf(query, name)?.length !== 0)) found.push(deadBearer)
  return found
}

const isCookie = (each: ReadCredential): boolean =>
  each.via === 'cookie' || (each.via === 'unreadable' && each.kind === 'session-cookie')

/** A key in a header, readable or not: what one in the query stands before. */
const isKey = (each: ReadCredential): boolean =>
  each.via === 'key' || (each.via === 'unreadable' && each.kind === 'api-key')

/**
 * A reader for contracts that take keys in the query (RFC 6750, section 5.3, says why others do not). A key there comes
 * before one in a header; any credential there comes before a cookie. As with headers, what a connection sent last is kept.
 */
export function withQueryKeys(headersReader: CredentialReader, names: QueryNames): CredentialReader {
  const last = new WeakMap<object, { url: string; sent: readonly ReadCredential[]; found: readonly ReadCredential[] }>()
  return (headers, connection, url = '') => {
    const sent = headersReader(headers, connection, url)
    const start = url.indexOf('?')
    if (start < 0) return sent
    const known = connection === null ? undefined : last.get(connection)
    if (known?.url === url && known.sent === sent) return known.found
    const inQuery = readQuery(new URLSearchParams(url.slice(start)), names)
    const hasKey = inQuery.some(isKey)
    const kept = sent.filter((each) => !isCookie(each) && !(hasKey && isKey(each)))
    const found = inQuery.length === 0 ? sent : [...inQuery, ...kept]
    if (connection !== null) last.set(connection, { url, sent, found })
    return found
  }
}
