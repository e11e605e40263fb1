import assert from 'node:assert/strict'
import type { headersOfKinds } from './remote.ts'

/*
 * The one table that every host is called with: who sends what, and what is answered. Every example serves the same routes.
 */

type Headers = Readonly<Record<string, string>>

export interface HostCase {
  readonly what: string
  readonly path: string
  readonly method?: string
  readonly headers: Headers
  readonly body?: string
  readonly status: number
  /** Of the problem. */
  readonly code?: string
  /** In `WWW-Authenticate`. */
  readonly challenge?: RegExp
  readonly holds?: object
}

export interface Callers {
  /** Of a user; one header set for each kind and way of sending it. */
  readonly kinds: Awaited<ReturnType<typeof headersOfKinds>>
  readonly publicId: string
  /** Of somebody who is disabled. */
  readonly dead: Headers
  /** Signed by nobody. */
  readonly forged: Headers
}

const json = { 'content-type': 'application/json' }

export function hostCases({ kinds, publicId, dead, forged }: Callers): readonly HostCase[] {
  const access = kinds['access-token']
  const key = kinds['api-key']
  const garbage: readonly (readonly [string, Headers, string])[] = [
    ['an empty header', { authorization: '' }, 'credential_malformed'],
    ['a scheme alone', { authorization: 'Bearer' }, 'credential_malformed'],
    ['an unknown scheme', { authorization: 'Negotiate abc' }, 'credential_malformed'],
    ['garbage', { authorization: 'Bearer garbage' }, 'credential_malformed'],
    ['a token with one more character', { authorization: `${access.authorization}A` }, 'credential_'],
    ['a token with padding', { authorization: `${access.authorization}=` }, 'credential_malformed'],
    [
      'two tokens in one header',
      { authorization: `${access.authorization}, ${access.authorization}` },
      'credential_malformed',
    ],
    ['a forged token', forged, 'credential_invalid'],
    ['a key that is none', { 'x-api-key': 'cardea_nonsense' }, 'credential_malformed'],
    ['a password', { authorization: `Basic ${btoa('alice:correct horse battery')}` }, 'credential_kind_refused'],
    ['a key as a bearer token', { authorization: `Bearer ${key['x-api-key']}` }, 'credential_kind_refused'],
    ['what was disabled', dead, 'credential_invalid'],
  ]
  return [
    { what: 'nobody at an open route', path: '/open', headers: {}, status: 200, holds: { open: true } },
    ...Object.entries(kinds).map(([what, headers]): HostCase => {
      const [kind = ''] = what.split(' ')
      return { what, path: '/orders', headers, status: 200, holds: { caller: publicId, kind } }
    }),
    {
      what: 'nobody',
      path: '/orders',
      headers: {},
      status: 401,
      code: 'credentials_missing',
      challenge: /^Bearer realm="cardea", ApiKey realm="cardea"$/,
    },
    { what: 'a cookie', path: '/orders', headers: { cookie: 'cardea=abc' }, status: 401, code: 'credentials_missing' },
    ...garbage.map(
      ([what, headers, code]): HostCase => ({
        what,
        path: '/orders',
        headers,
        status: 401,
        code,
        challenge: /^Bearer realm="cardea", error="invalid_token"/,
      }),
    ),
    {
      what: 'two different ones',
      path: '/orders',
      headers: { ...access, ...key },
      status: 400,
      code: 'credentials_conflict',
    },
    {
      what: 'a key by Basic from a page elsewhere',
      path: '/orders',
      headers: { ...kinds['api-key as Basic'], 'sec-fetch-site': 'cross-site' },
      status: 403,
      code: 'origin_refused',
    },
    {
      what: 'a scope that is missing',
      path: '/people',
      headers: access,
      status: 403,
      code: 'insufficient_scope',
      challenge: /^Bearer .*error="insufficient_scope".*scope="users:read"/,
    },
    { what: 'a key where keys are asked for', path: '/robots', headers: key, status: 200 },
    {
      what: 'a token where keys are asked for',
      path: '/robots',
      headers: access,
      status: 401,
      code: 'credential_kind_refused',
      challenge: /^ApiKey realm="cardea"$/,
    },
    {
      what: 'nobody at a route that is public in part',
      path: '/article',
      headers: {},
      status: 200,
      holds: { title: 'The hinge', author: { name: 'Ovid' } },
    },
    {
      what: 'somebody there',
      path: '/article',
      headers: access,
      status: 200,
      holds: { title: 'The hinge', author: { name: 'Ovid', mail: 'ovid@example.com' }, draft: 'not for everybody' },
    },
    {
      what: 'garbage there',
      path: '/article',
      headers: { authorization: 'Bearer garbage' },
      status: 401,
      code: 'credential_malformed',
    },
    {
      what: 'a body',
      path: '/orders',
      method: 'POST',
      headers: { ...access, ...json },
      body: '{"a":1}',
      status: 201,
      holds: { ordered: { a: 1 } },
    },
    {
      what: 'a body that cannot be read',
      path: '/orders',
      method: 'POST',
      headers: { ...access, ...json },
      body: '{broken',
      status: 400,
    },
    {
      what: 'a body that cannot be read, of nobody',
      path: '/orders',
      method: 'POST',
      headers: json,
      body: '{broken',
      status: 401,
      code: 'credentials_missing',
    },
  ]
}

/** Calls the host with each case, twice: what was remembered of the first must not show. */
export async function callHost(url: string, cases: readonly HostCase[]): Promise<void> {
  for (const { what, path, method = 'GET', headers, body, status, code, challenge, holds } of cases) {
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await fetch(url + path, { method, headers, ...(body !== undefined && { body }) })
      const text = await response.text()
      const where = `${what}: ${response.status} ${text}`
      assert.equal(response.status, status, where)
      if (code !== undefined) {
        assert.equal(response.headers.get('content-type'), 'application/problem+json', where)
        assert.equal(response.headers.get('cache-control'), 'no-store', where)
        const problem = JSON.parse(text) as { code: string; status: number }
        assert.ok(problem.code.startsWith(code), where)
        assert.equal(problem.status, status, where)
        assert.doesNotMatch(text, /node_modules|\.ts:\d|cardea_[0-9a-f]{8}|eyJ/, where)
      }
      if (status < 300 && path !== '/open') {
        const told = (name: string) => `${where}, ${name}: ${response.headers.get(name)}`
        assert.match(response.headers.get('vary') ?? '', /authorization, x-api-key/i, told('vary'))
        const isForOne = /private/.test(response.headers.get('cache-control') ?? '')
        assert.equal(isForOne, Object.keys(headers).length > 0, told('cache-control'))
      }
      if (status === 401) assert.ok(response.headers.get('www-authenticate'), where)
      if (challenge !== undefined) assert.match(response.headers.get('www-authenticate') ?? '', challenge, where)
      if (holds !== undefined) assert.deepEqual(JSON.parse(text), holds, where)
    }
  }
}
