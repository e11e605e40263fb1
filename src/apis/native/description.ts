import { z } from '@hono/zod-openapi'
import { CardeaError, type ErrorCode } from '../../errors.ts'
import type { CredentialScheme, DescribedError } from '../../http/openapi.ts'
import type { ApiDescription, Route } from '../api.ts'
import { renderError } from './errors.ts'
import { sessionCookieName } from './routes/common.ts'
import { ProblemBody } from './wire.ts'

const headerTexts: Readonly<Record<string, string>> = {
  'WWW-Authenticate':
    'One challenge for each scheme that is taken here (RFC 9110, section 11.6.1; RFC 6750, section 3).',
  'Retry-After': 'Seconds after which it makes sense to try again.',
  'RateLimit-Limit': 'How many tries the limit allows in its window.',
  'RateLimit-Remaining': 'How many of them are left.',
  'RateLimit-Reset': 'Seconds until the window begins anew.',
}

/** Where the word of a failure stands: `code` in our problems, `error` in RFC 6749, section 5.2. */
const Named = z.union([
  z.object({ code: z.string() }).transform(({ code }) => code),
  z.object({ error: z.string() }).transform(({ error }) => error),
])

/**
 * What the caller would see: asked of the very function that renders it. A route that speaks another standard's shape
 * names that shape in its own answer 400.
 */
function describeError(code: ErrorCode, route: Route): DescribedError {
  const render = route.renderError ?? renderError
  const detail = code === 'rate_limited' ? { retryAfter: 1, limit: 1 } : {}
  const reply = render(new CardeaError(code, detail), { route, requestId: '', fromBrowser: false })
  const schema = render === renderError ? ProblemBody : (route.answers[400]?.schema ?? ProblemBody)
  const headers = Object.keys(reply.headers ?? {}).flatMap((name) => {
    const text = headerTexts[name]
    return text === undefined ? [] : [[name, text] as const]
  })
  return {
    status: reply.status,
    code: Named.parse(reply.body),
    type: reply.type ?? 'application/json',
    schema,
    headers: Object.fromEntries(headers),
  }
}

const schemes = (publicUrl: string): readonly CredentialScheme[] => [
  {
    name: 'accessToken',
    kind: 'access-token',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description:
        'Access token of a session (`POST /auth/sign-in`) or of a key (`POST /oauth/token`, `client_credentials`).',
    },
  },
  {
    name: 'privateToken',
    kind: 'private-token',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'Private token: a long-living JWT with a name and an expiry (`POST /auth/tokens`).',
    },
  },
  {
    name: 'bearerToken',
    kind: 'bearer-token',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'opaque',
      description: 'Opaque token of a session (`POST /auth/sign-in` with `"mode": "bearer"`).',
    },
  },
  {
    name: 'sessionCookie',
    kind: 'session-cookie',
    scheme: {
      type: 'apiKey',
      in: 'cookie',
      name: sessionCookieName(publicUrl),
      description:
        'Session cookie (`POST /auth/sign-in` with `"mode": "cookie"`), for pages of this site: every request needs the same-origin proof that browsers send (`Sec-Fetch-Site`, or `Origin`).',
    },
  },
  {
    name: 'apiKeyBasic',
    kind: 'api-key',
    scheme: {
      type: 'http',
      scheme: 'basic',
      description: 'API key (`POST /auth/keys`): its `id` as user name, its `secret` as password.',
    },
  },
  {
    name: 'apiKeyHeader',
    kind: 'api-key',
    scheme: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description: 'API key: the `token` of `POST /auth/keys`, `cardea_...`.',
    },
  },
  {
    name: 'apiKeyAuthorization',
    kind: 'api-key',
    scheme: {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description:
        'API key: `ApiKey`, a blank and the `token` of `POST /auth/keys`, as in `Authorization: ApiKey cardea_...`.',
    },
  },
  {
    name: 'staticKey',
    kind: 'static-key',
    scheme: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description:
        'A key that stands in the configuration of this server. `Authorization: ApiKey ...` is taken as well.',
    },
  },
  {
    name: 'passwordBasic',
    kind: 'password',
    scheme: {
      type: 'http',
      scheme: 'basic',
      description: 'User name or e-mail address and password. Not for accounts with a second factor.',
    },
  },
]

export function describeNative(publicUrl: string): ApiDescription {
  return { error: describeError, schemes: schemes(publicUrl) }
}
