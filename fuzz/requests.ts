import { bodyTypes, doorPaths, doorPosts } from './doors.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'
import type { FuzzedServer } from './server.ts'

/** A request whose header values and path hold one byte a character. */
export interface FuzzedRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

/** Good texts that the mutations begin with. */
export interface Corpus {
  readonly authorizations: readonly string[]
  readonly keys: readonly string[]
  readonly cookies: readonly string[]
  readonly queries: readonly string[]
  readonly paths: readonly string[]
  readonly forms: readonly string[]
}

const password = 'correct horse battery'

/** Users with every kind of credential, and texts made of these. */
export async function makeCorpus({ cardea, url }: FuzzedServer): Promise<Corpus> {
  const { core } = cardea
  const origin = { api: 'native', address: '127.0.0.1', userAgent: 'fuzz' } as const
  await core.users.create(
    { username: 'root', email: 'root@example.com', password, role: 'admin', kind: 'person' },
    null,
    origin,
  )
  const call = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return { body: (await response.json()) as Record<string, string>, cookies: response.headers.getSetCookie() }
  }
  const signIn = (mode: string) =>
    call('/auth/sign-in', { identifier: 'root', password, mode }, mode === 'cookie' ? { Origin: url } : {})
  const { access_token: access = '', refresh_token: refresh = '' } = (await signIn('token')).body
  const { token: bearer = '' } = (await signIn('bearer')).body
  const cookies = (await signIn('cookie')).cookies.map((line) => line.split(';', 1)[0] ?? '')
  const asMe = { Authorization: `Bearer ${access}` }
  const key = (await call('/auth/keys', { name: 'fuzz' }, asMe)).body
  const expires = new Date(core.clock.now() + 86_400_000).toISOString()
  const { token: own = '' } = (await call('/auth/tokens', { name: 'fuzz', expires_at: expires }, asMe)).body
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
  // A session of its own: forms may well use it up.
  const spare = (await signIn('token')).body
  const page = (await (await fetch(`${url}/auth/keys?limit=1`, { headers: asMe })).json()) as { next_cursor?: string }
  const cursor = page.next_cursor ?? 'eyJhIjoxfQ'
  return {
    authorizations: [
      `Bearer ${access}`,
      `Bearer ${bearer}`,
      `Bearer ${own}`,
      `Bearer ${refresh}`,
      `ApiKey ${key.token}`,
      basic(`${key.id}:${key.secret}`),
      basic(`root:${password}`),
      basic('nobody:wrong'),
      'Bearer garbage',
    ],
    keys: [String(key.token), String(key.secret), access, 'a-static-key'],
    cookies: [cookies.join('; '), ...cookies, 'a=b; c=d'],
    queries: [
      `limit=5&cursor=${cursor}`,
      'include_revoked=true&limit=200',
      'format=yaml',
      `apikey=${key.token}`,
      `access_token=${access}`,
      'search=root&status=active&role=admin&kind=person',
      'a=1&b=2',
    ],
    paths: [
      '/auth/me',
      '/auth/keys',
      `/auth/keys/${key.id}`,
      '/auth/sessions',
      '/auth/tokens',
      '/auth/me/events',
      '/auth/admin/users',
      '/auth/admin/events',
      '/api/schema',
      '/api/help',
      '/.well-known/jwks.json',
      '/auth/page/reset-password',
      '/metrics',
      '/nowhere',
      '/',
      ...doorPaths,
    ],
    forms: [
      'grant_type=client_credentials',
      `grant_type=refresh_token&refresh_token=${spare.refresh_token}`,
      `token=${spare.access_token}&token_type_hint=access_token`,
    ],
  }
}

const sites = ['same-origin', 'cross-site', 'none', 'same-site']

/** The next hostile request. About one part in three changes one of header, cookie and query; the rest several. */
export function nextRequest(random: Random, corpus: Corpus, url: string): FuzzedRequest {
  const every = [...corpus.authorizations, ...corpus.keys, ...corpus.cookies, ...corpus.queries]
  const changed = (from: readonly string[]): string => mutate(random.pick(from), random, every)
  const headers: [string, string][] = []
  const which = random.below(8)
  if (which === 0 || which > 5) headers.push(['Authorization', changed(corpus.authorizations)])
  if (which === 1 || which > 6) headers.push(['X-API-Key', changed(corpus.keys)])
  if (which === 2 || which === 3 || which > 5) {
    headers.push(['Cookie', changed(corpus.cookies)])
    if (random.once(2)) headers.push(['Origin', random.once(4) ? changed([url]) : url])
    if (random.once(4)) headers.push(['Sec-Fetch-Site', random.once(4) ? changed(sites) : random.pick(sites)])
  }
  let path = random.pick(corpus.paths)
  if (which === 4 || which === 5 || which > 5) {
    // Who may go further, so that the query is parsed and not only the credential.
    if (which < 6) headers.push(['Authorization', corpus.authorizations[0] ?? ''])
    path += `?${changed(corpus.queries)}`
  }
  if (random.once(16)) path = `/${changed(corpus.paths).replace(/^\/+/, '')}`
  if (random.once(4))
    headers.push(['X-Forwarded-For', random.once(4) ? changed(['192.0.2.1, 10.0.0.1']) : address(random)])
  if (random.once(16)) headers.push(['Accept', changed(['text/html, application/json;q=0.5'])])
  if (random.once(16)) headers.push(['User-Agent', changed(['curl/8.0'])])
  if (random.once(16))
    return {
      method: 'POST',
      path: random.pick(['/oauth/token', '/oauth/introspect', '/oauth/revoke']),
      headers: [...headers, ['Content-Type', 'application/x-www-form-urlencoded']],
      body: changed(corpus.forms),
    }
  if (random.once(16)) {
    const [path, body] = random.pick(doorPosts)
    const type = random.once(4) ? random.pick(bodyTypes) : 'application/json'
    return {
      method: random.once(8) ? random.pick(['PATCH', 'PUT', 'DELETE']) : 'POST',
      path,
      headers: [...headers, ['Content-Type', type]],
      body: random.once(4) ? body : changed([body]),
    }
  }
  return { method: random.once(16) ? random.pick(['HEAD', 'OPTIONS', 'PUT', 'PATCH']) : 'GET', path, headers }
}

const address = (random: Random): string => `10.${random.below(4)}.${random.below(256)}.${random.below(256)}`
