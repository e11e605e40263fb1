import { z } from '@hono/zod-openapi'
import { CardeaError, type ErrorCode } from '../../errors.ts'
import type { CredentialScheme, DescribedError } from '../../http/openapi.ts'
import type { ApiDescription, HelpSection, Route } from '../api.ts'
import type { Door } from './door.ts'
import { renderError } from './errors.ts'
import { ErrorBody } from './wire.ts'

const headerTexts: Readonly<Record<string, string>> = {
  'WWW-Authenticate': 'Basic, with the realm that this contract has.',
  'Retry-After': 'Seconds after which it makes sense to try again.',
  'RateLimit-Limit': 'How many tries the limit allows in its window.',
  'RateLimit-Remaining': 'How many of them are left.',
  'RateLimit-Reset': 'Seconds until the window begins anew.',
}

const Word = z.object({ error: z.union([z.string(), z.object({ error: z.string() }).transform(({ error }) => error)]) })

/** What the caller would see: asked of the very function that renders it. */
function describeError(code: ErrorCode, route: Route): DescribedError {
  const detail = code === 'rate_limited' ? { retryAfter: 1, limit: 1 } : {}
  const render = route.renderError ?? renderError
  const reply = render(new CardeaError(code, detail), { route, requestId: '', fromBrowser: false })
  const headers = Object.keys(reply.headers ?? {}).flatMap((name) => {
    const text = headerTexts[name]
    return text === undefined ? [] : [[name, text] as const]
  })
  const named = { status: reply.status, headers: Object.fromEntries(headers) }
  if (reply.body === undefined) return { ...named, code: 'no body', type: null, schema: null }
  if (typeof reply.body === 'string') return { ...named, code: reply.body, type: 'text/plain', schema: z.string() }
  return { ...named, code: Word.parse(reply.body).error, type: 'application/json', schema: ErrorBody }
}

const schemes: readonly CredentialScheme[] = [
  {
    name: 'freesewingToken',
    kind: 'access-token',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'Token of `POST /signin`, for addresses that end in `/jwt`.',
    },
  },
  {
    name: 'freesewingPrivateToken',
    kind: 'private-token',
    scheme: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Private token of the native API.' },
  },
  {
    name: 'freesewingKey',
    kind: 'api-key',
    scheme: {
      type: 'http',
      scheme: 'basic',
      description: 'API key: `key` as user name, `secret` as password, for addresses that end in `/key`.',
    },
  },
]

const json = "-H 'Content-Type: application/json'"

function help({ base, settings }: Door): HelpSection {
  const days = settings.tokenSeconds / 86_400
  return {
    authentication: {
      freesewing_jwt: {
        title: 'FreeSewing: password to token',
        kind: 'access-token',
        purpose: 'For the site of FreeSewing and other clients of its backend.',
        how_to: `POST user name (or e-mail address, or id) and password to ${base}/signin, then send the answered token as Authorization: Bearer <token> to addresses that end in /jwt. With a second factor add "token": the six digits, or a scratch code.`,
        obtain: `${base}/signin`,
        obtain_curl: `curl -sS ${base}/signin ${json} -d "{\\"username\\":\\"$IDENTIFIER\\",\\"password\\":\\"$PASSWORD\\"}"`,
        send: 'Authorization: Bearer <token>',
        curl: `curl -sS ${base}/account/jwt -H "Authorization: Bearer $TOKEN"`,
        lifetime: `${Number.isInteger(days) ? `${days} days` : `${settings.tokenSeconds} seconds`}, and never longer than its session.`,
        lifetime_seconds: settings.tokenSeconds,
      },
      freesewing_key: {
        title: 'FreeSewing: API key as HTTP Basic',
        kind: 'api-key',
        purpose: 'For scripts that speak to a backend of FreeSewing.',
        how_to: `Make a key with POST ${base}/apikeys/jwt, then send key and secret as HTTP Basic to addresses that end in /key.`,
        obtain: `${base}/apikeys/jwt`,
        obtain_curl: `curl -sS ${base}/apikeys/jwt -H "Authorization: Bearer $TOKEN" ${json} -d '{"name":"my script","level":4,"expiresIn":2592000}'`,
        send: 'Authorization: Basic base64(key:secret)',
        curl: `curl -sS -u "$KEY:$SECRET" ${base}/account/key`,
        lifetime: 'Until its expiresAt, or until it is deleted.',
      },
    },
    useful_endpoints: {
      freesewing_sign_up: `${base}/signup`,
      freesewing_sign_in: `${base}/signin`,
      freesewing_account: `${base}/account/jwt`,
      freesewing_api_keys: `${base}/apikeys/jwt`,
    },
  }
}

export function describeFreesewing(door: Door): ApiDescription {
  return { error: describeError, schemes, help: help(door) }
}
