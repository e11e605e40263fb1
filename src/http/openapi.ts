import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { ZodType } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { CredentialKind } from '../types.ts'
import { type BodyType, bodyTypes } from './body.ts'

/*
 * The OpenAPI 3.1 document, made from the routes that are served: what validates is what is described. The shapes here
 * are structurally those of the APIs' routes, which this layer does not know.
 */

export interface DescribedAnswer {
  readonly description: string
  readonly schema?: ZodType
  readonly type?: string
  readonly otherTypes?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface DescribedRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly takes: readonly CredentialKind[]
  readonly strictKinds?: boolean
  readonly anonymous?: boolean
  readonly needs?: string
  /** There when the contract asks something of the caller beyond scopes. */
  readonly admit?: unknown
  readonly fresh?: 'all' | 'people' | 'visitors'
  readonly limit?: string
  readonly bodyType?: BodyType | readonly BodyType[]
  readonly body?: ZodType
  readonly query?: ZodType
  readonly params?: ZodType
  readonly answers: Readonly<Record<number, DescribedAnswer>>
  readonly errors?: readonly ErrorCode[]
  readonly hidden?: boolean
}

/** One failure on the wire of its API. */
export interface DescribedError {
  readonly status: number
  /** The word in the body that tells it from others of the same status. */
  readonly code: string
  /** Both null: no body. */
  readonly type: string | null
  readonly schema: ZodType | null
  readonly headers: Readonly<Record<string, string>>
}

/** OpenAPI 3.1, section 4.8.27: the parts of it that our credentials need. */
export type SecurityScheme =
  | {
      readonly type: 'http'
      readonly scheme: 'bearer' | 'basic'
      readonly bearerFormat?: string
      readonly description: string
    }
  | {
      readonly type: 'apiKey'
      readonly in: 'header' | 'query' | 'cookie'
      readonly name: string
      readonly description: string
    }

/** One kind of credential in one way of sending it. `name` is unique in the document. */
export interface CredentialScheme {
  readonly name: string
  readonly kind: CredentialKind
  readonly scheme: SecurityScheme
}

export interface DescribedApi<R extends DescribedRoute> {
  readonly name: string
  readonly routes: readonly R[]
  readonly description: {
    readonly error: (code: ErrorCode, route: R) => DescribedError
    readonly schemes: readonly CredentialScheme[]
  }
}

export interface OpenApiDeps<R extends DescribedRoute> {
  readonly apis: readonly DescribedApi<R>[]
  /** Without a trailing slash. */
  readonly publicUrl: string
  readonly version: string
  /** Markdown: how to authenticate. */
  readonly about?: string
}

export type OpenAPIDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>

const verbs = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const

type Header = { readonly description: string; readonly schema: { readonly type: 'string' } }

/** The kinds that a route takes. Where an access token is taken a private token is too, unless the route is strict. */
function kindsOf(route: DescribedRoute): ReadonlySet<CredentialKind> {
  const kinds = new Set(route.takes)
  if (kinds.has('access-token') && route.strictKinds !== true) kinds.add('private-token')
  return kinds
}

/**
 * Every failure that a route can give: its own, and those that follow from its fields. Rather one too many than one
 * that surprises a client.
 */
export function errorsOf(route: DescribedRoute): readonly ErrorCode[] {
  const kinds = kindsOf(route)
  const takesAny = kinds.size > 0
  const ambient = kinds.has('session-cookie') || kinds.has('password') || kinds.has('api-key')
  const groups: readonly (readonly [boolean, readonly ErrorCode[]])[] = [
    [route.body !== undefined, ['body_malformed', 'media_type_unsupported']],
    [takesAny && route.anonymous !== true, ['credentials_missing']],
    [
      takesAny,
      [
        'credentials_conflict',
        'credential_malformed',
        'credential_invalid',
        'credential_expired',
        'credential_revoked',
        'credential_kind_refused',
        'account_pending',
        'account_disabled',
        'account_blocked',
      ],
    ],
    [kinds.has('api-key'), ['credential_address_refused']],
    [kinds.has('static-key'), ['user_required']],
    [ambient, ['origin_refused']],
    [kinds.has('password'), ['credentials_wrong', 'rate_limited', 'busy']],
    [route.needs !== undefined || route.admit !== undefined, ['scope_missing', 'factor_enrolment_required']],
    [route.fresh === 'visitors', ['reauthentication_required', 'beyond_own_rights']],
    [
      route.fresh === 'all' || route.fresh === 'people',
      ['reauthentication_required', 'credentials_wrong', 'factor_wrong', 'factor_required', 'rate_limited', 'busy'],
    ],
    [route.limit !== undefined, ['rate_limited']],
    // Any address can be too long, and any request can announce a body that is too large.
    [true, ['request_invalid', 'body_too_large', 'host_unknown', 'internal', 'unavailable']],
  ]
  return [...new Set([...(route.errors ?? []), ...groups.flatMap(([applies, codes]) => (applies ? codes : []))])]
}

/** `POST /auth/keys/:id/rotate` of the native API is `postAuthKeysByIdRotate`. */
export function operationId(api: string, { method, path }: Pick<DescribedRoute, 'method' | 'path'>): string {
  const words = path
    .replaceAll(/:(\w+)/g, 'by-$1')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
  const prefix = api === 'native' ? [] : api.split('-')
  const [first = '', ...rest] = [...prefix, method.toLowerCase(), ...(words.length === 0 ? ['root'] : words)]
  return first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function describe(route: DescribedRoute): string {
  const lines = [
    ...(route.needs === undefined ? [] : [`Needs the scope \`${route.needs}\`.`]),
    ...(route.fresh === 'visitors'
      ? ['A credential that another API issued must be of a session that proved all factors lately.']
      : []),
    ...(route.fresh === undefined || route.fresh === 'visitors'
      ? []
      : [
          'Needs a fresh proof of all factors: a session that proved them lately, or `current_password` (and `code` where a second factor is on) in the body.',
        ]),
    ...(route.fresh === 'people' ? ['Programs need no fresh proof.'] : []),
    ...(route.anonymous === true ? ['Answers without a credential as well; a bad one is refused all the same.'] : []),
  ]
  return lines.join(' ')
}

function headersOf(texts: Readonly<Record<string, string>>): Record<string, Header> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )
}

function contentOf(type: string, schema: ZodType | undefined, others: readonly string[] = []) {
  const plain = { schema: { type: 'string' as const } }
  const entry = (name: string) => (schema === undefined || !/[/+]json$/.test(name) ? plain : { schema })
  return Object.fromEntries([type, ...others].map((name) => [name, entry(name)]))
}

interface Response {
  readonly description: string
  readonly headers?: Record<string, Header>
  readonly content?: ReturnType<typeof contentOf>
}

function answerOf({ description, schema, type, otherTypes, headers }: DescribedAnswer): Response {
  const named = type ?? (schema === undefined ? undefined : 'application/json')
  return {
    description,
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    ...(named === undefined ? {} : { content: contentOf(named, schema, otherTypes) }),
  }
}

/** All failures of one status, with the route's own words first where it describes that status itself. */
function failureOf(errors: readonly DescribedError[], own: Response | undefined): Response {
  const codes = [...new Set(errors.map(({ code }) => `\`${code}\``))]
    .filter((code) => own?.description.includes(code) !== true)
    .join(', ')
  const headers = headersOf(Object.assign({}, ...errors.map((error) => error.headers)))
  const bodies = errors.map(({ type, schema }) => (type === null ? {} : contentOf(type, schema ?? undefined)))
  const content: ReturnType<typeof contentOf> = Object.assign({}, ...bodies, own?.content)
  return {
    description: [own?.description ?? '', codes].filter((text) => text !== '').join(' '),
    ...(Object.keys(headers).length === 0 ? {} : { headers: { ...headers, ...own?.headers } }),
    ...(Object.keys(content).length === 0 ? {} : { content }),
  }
}

function responsesOf<R extends DescribedRoute>(
  route: R,
  error: DescribedApi<R>['description']['error'],
): Record<string, Response> {
  const responses = new Map(Object.entries(route.answers).map(([status, answer]) => [Number(status), answerOf(answer)]))
  for (const [status, errors] of Map.groupBy(
    errorsOf(route).map((code) => error(code, route)),
    (each) => each.status,
  )) {
    responses.set(status, failureOf(errors, responses.get(status)))
  }
  return Object.fromEntries(
    [...responses].sort(([a], [b]) => a - b).map(([status, response]) => [String(status), response]),
  )
}

function bodyOf({ body, bodyType = 'json' }: DescribedRoute) {
  if (body === undefined) return undefined
  const content = [bodyType].flat().map((type) => [bodyTypes[type], { schema: body }] as const)
  // An absent body is read as an empty one: it is required exactly when that would be refused.
  return { content: Object.fromEntries(content), required: !body.safeParse({}).success }
}

function objectOf(schema: ZodType | undefined, what: string): z.ZodObject | undefined {
  if (schema === undefined || schema instanceof z.ZodObject) return schema
  throw new TypeError(`${what} must be a Zod object`)
}

/**
 * The document of all routes that are not hidden. Pure: the same routes give the same document. Throws TypeError when
 * two routes would share an operationId, or a path parameter is not declared.
 */
export function buildOpenApi<R extends DescribedRoute>({
  apis,
  publicUrl,
  version,
  about,
}: OpenApiDeps<R>): OpenAPIDocument {
  const hono = new OpenAPIHono()
  const registry = hono.openAPIRegistry
  const routes = apis.flatMap((api) =>
    api.routes.filter(({ hidden }) => hidden !== true).map((route) => ({ api, route })),
  )
  const ids = new Set<string>()

  for (const api of apis) {
    const used = new Set(routes.filter((each) => each.api === api).flatMap(({ route }) => [...kindsOf(route)]))
    for (const { name, kind, scheme } of api.description.schemes) {
      if (used.has(kind)) registry.registerComponent('securitySchemes', name, scheme)
    }
  }
  for (const { api, route } of routes) {
    const id = operationId(api.name, route)
    if (ids.has(id)) throw new TypeError(`two routes are called ${id}`)
    ids.add(id)
    const params = objectOf(route.params, `params of ${id}`)
    const query = objectOf(route.query, `query of ${id}`)
    const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
    const declared = Object.keys(params?.shape ?? {})
    if (names.toSorted().join() !== declared.toSorted().join())
      throw new TypeError(
        `${id} declares the path parameters ${declared.join() || '(none)'}, its path has ${names.join() || '(none)'}`,
      )
    const kinds = kindsOf(route)
    const alternatives = api.description.schemes
      .filter(({ kind }) => kinds.has(kind))
      .map(({ name }) => ({ [name]: [] }))
    const description = describe(route)
    const body = bodyOf(route)
    registry.registerPath({
      method: verbs[route.method],
      path: route.path.replaceAll(/:(\w+)/g, '{$1}'),
      operationId: id,
      summary: route.summary,
      tags: [route.tag],
      ...(description === '' ? {} : { description }),
      security: route.anonymous === true ? [...alternatives, {}] : alternatives,
      request: {
        ...(params === undefined ? {} : { params }),
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body }),
      },
      responses: responsesOf(route, api.description.error),
    })
  }
  return hono.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Cardea',
      version,
      license: { name: 'MIT' },
      ...(about === undefined ? {} : { description: about }),
    },
    servers: [{ url: publicUrl }],
    tags: [...new Set(routes.map(({ route }) => route.tag))].map((name) => ({ name })),
  })
}
