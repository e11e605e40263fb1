import { z } from '@hono/zod-openapi'
import { CardeaError, type ErrorCode } from '../../errors.ts'
import type { CredentialScheme, DescribedError } from '../../http/openapi.ts'
import type { ApiDescription, HelpSection, Route } from '../api.ts'
import type { Door } from './door.ts'
import { renderError } from './errors.ts'
import { ErrorBody } from './wire.ts'

const Said = z.union([
  z.object({ name: z.string(), message: z.string() }).transform(({ name, message }) => `${name}: ${message}`),
  z.object({ error: z.string() }).transform(({ error }) => error),
])

/** What the caller would see: asked of the very function that renders it. */
function describeError(code: ErrorCode, route: Route): DescribedError {
  const render = route.renderError ?? renderError
  const kind = code.startsWith('credential_') ? { kind: 'bearer-token' } : {}
  const error = new CardeaError(code, { retryAfter: 60, ...kind })
  const reply = render(error, { route, requestId: '', fromBrowser: false })
  const wait =
    reply.headers?.['Retry-After'] === undefined ? {} : { 'Retry-After': 'Seconds until it makes sense to try again.' }
  return {
    status: reply.status,
    code: Said.parse(reply.body),
    type: 'application/json',
    schema: ErrorBody,
    headers: wait,
  }
}

const keyText = 'A key of the configuration (`apostrophe.apiKeys`), or an API key in one string.'

function schemesOf({ cookies }: Door): readonly CredentialScheme[] {
  const query = (name: string, parameter: string, kind: CredentialScheme['kind']): CredentialScheme => ({
    name,
    kind,
    scheme: { type: 'apiKey', in: 'query', name: parameter, description: keyText },
  })
  return [
    {
      name: 'apostropheToken',
      kind: 'bearer-token',
      scheme: { type: 'http', scheme: 'bearer', description: 'Token of `login`: `Bearer`, one blank, the token.' },
    },
    {
      name: 'apostropheAccessToken',
      kind: 'access-token',
      scheme: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Access token of another API.' },
    },
    {
      name: 'apostrophePrivateToken',
      kind: 'private-token',
      scheme: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Private token of the native API.' },
    },
    query('apostropheKey', 'apikey', 'static-key'),
    query('apostropheOwnKey', 'apikey', 'api-key'),
    {
      name: 'apostropheSession',
      kind: 'session-cookie',
      scheme: {
        type: 'apiKey',
        in: 'cookie',
        name: cookies.names.sid,
        description: `Calls that change something need the cookie \`${cookies.names.csrf}\` as well.`,
      },
    },
  ]
}

const jsonHeader = "-H 'Content-Type: application/json'"

function help({ base, settings, cookies }: Door): HelpSection {
  const login = `${base}/api/v1/@apostrophecms/login/login`
  const days = settings.tokenSeconds / 86_400
  return {
    authentication: {
      apostrophe_bearer: {
        title: 'ApostropheCMS: password to bearer token',
        kind: 'bearer-token',
        purpose: 'For front ends and scripts that speak to an ApostropheCMS.',
        how_to: `POST username and password to ${login}, then send the answered token as Authorization: Bearer <token>. With a second factor the answer is an incompleteToken: verify AposTotp with it, then POST it to the same address.`,
        obtain: login,
        obtain_curl: `curl -sS ${login} ${jsonHeader} -d "{\\"username\\":\\"$IDENTIFIER\\",\\"password\\":\\"$PASSWORD\\"}"`,
        send: 'Authorization: Bearer <token>',
        curl: `curl -sS ${base}/api/v1/@apostrophecms/login/whoami -H "Authorization: Bearer $TOKEN"`,
        lifetime: `${Number.isInteger(days) ? `${days} days` : `${settings.tokenSeconds} seconds`} from the sign-in on.`,
        lifetime_seconds: settings.tokenSeconds,
      },
      apostrophe_key: {
        title: 'ApostropheCMS: API key',
        kind: 'static-key',
        purpose: 'For servers that speak to an ApostropheCMS.',
        how_to: `Name a key and its role in the configuration (apostrophe.apiKeys), or make an API key. Send it as Authorization: ApiKey <key>, or as ?apikey=<key>.`,
        send: 'Authorization: ApiKey <key>',
        curl: `curl -sS ${base}/api/v1/@apostrophecms/login/whoami -H "Authorization: ApiKey $KEY"`,
        lifetime: 'As long as it stands in the configuration; API keys until they expire or are revoked.',
      },
      apostrophe_session: {
        title: 'ApostropheCMS: session cookie',
        kind: 'session-cookie',
        purpose: 'For pages of this site.',
        how_to: `POST username, password and "session": true to ${login}. The cookies ${cookies.names.sid} and ${cookies.names.csrf} go with every further request.`,
        obtain: login,
        send: `Cookie: ${cookies.names.sid}=<value>; ${cookies.names.csrf}=csrf`,
        lifetime: 'Until it is unused for the time that the settings say, or the browser closes.',
      },
    },
    useful_endpoints: {
      apostrophe_login: login,
      apostrophe_logout: `${base}/api/v1/@apostrophecms/login/logout`,
      apostrophe_whoami: `${base}/api/v1/@apostrophecms/login/whoami`,
    },
  }
}

export function describeApostrophe(door: Door): ApiDescription {
  return { error: describeError, schemes: schemesOf(door), help: help(door) }
}
