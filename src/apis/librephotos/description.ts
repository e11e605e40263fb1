import { z } from '@hono/zod-openapi'
import type { CredentialScheme } from '../../http/openapi.ts'
import type { ApiDescription, HelpSection } from '../api.ts'
import { describeWith } from '../django/description.ts'
import type { Door } from './door.ts'
import { renderError } from './errors.ts'
import { ErrorBody } from './wire.ts'

const schemes: readonly CredentialScheme[] = [
  {
    name: 'librephotosToken',
    kind: 'access-token',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The `access` token of `POST /api/auth/token/obtain/`. The scheme is spelled `Bearer`.',
    },
  },
  {
    name: 'librephotosPrivateToken',
    kind: 'private-token',
    scheme: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A private token of another API.' },
  },
  {
    name: 'librephotosPassword',
    kind: 'password',
    scheme: { type: 'http', scheme: 'basic', description: 'User name and password; not with a second factor.' },
  },
]

const json = "-H 'Content-Type: application/json'"

function help({ base, settings }: Door): HelpSection {
  const { accessSeconds, refreshSeconds } = settings
  const plain = base.startsWith('http:')
    ? ' This server is reached over http: the password crosses the network in clear with each request, so use it on this machine only.'
    : ''
  return {
    authentication: {
      default_authentication_classes: ['Bearer', ...(settings.basic ? ['Basic'] : [])],
      librephotos_jwt: {
        title: 'LibrePhotos: password to token',
        how_to: `LibrePhotos clients: POST username and password to ${base}/api/auth/token/obtain/ and send the answered access token as Authorization: Bearer <access>. With a second factor add "code". POST the refresh token to ${base}/api/auth/token/refresh/ for the next access token, and to ${base}/api/auth/token/blacklist/ to sign out.`,
        obtain: `${base}/api/auth/token/obtain/`,
        refresh: `${base}/api/auth/token/refresh/`,
        blacklist: `${base}/api/auth/token/blacklist/`,
        obtain_curl: `curl -sS -X POST ${base}/api/auth/token/obtain/ ${json} -d "{\\"username\\":\\"$IDENTIFIER\\",\\"password\\":\\"$PASSWORD\\"}"`,
        send: 'Authorization: Bearer <access>',
        curl: `curl -sS ${base}/api/user/ -H "Authorization: Bearer $TOKEN"`,
        lifetime: `Access ${accessSeconds} seconds, refresh ${refreshSeconds} seconds, both never longer than their session.`,
        lifetime_seconds: accessSeconds,
      },
      ...(settings.basic
        ? {
            librephotos_basic: {
              title: 'LibrePhotos: password as HTTP Basic',
              how_to: `Send Authorization: Basic base64(username:password). Not for accounts with a second factor; a private token does it for them.${plain}`,
              send: 'Authorization: Basic base64(username:password)',
              curl: `curl -sS -u "$IDENTIFIER:$PASSWORD" ${base}/api/user/`,
              lifetime: 'Until the password is changed.',
            },
          }
        : {}),
    },
    useful_endpoints: {
      api_root: `${base}/`,
      users: `${base}/api/user/`,
      first_time_setup: `${base}/api/firsttimesetup/`,
      photos: `${base}/api/photos/`,
      search: `${base}/api/photos/searchlist/`,
    },
  }
}

const Errors = z.object({ errors: z.array(z.object({ field: z.string(), message: z.string() })) })

function wordOf(body: unknown): string {
  const parsed = Errors.safeParse(body)
  if (!parsed.success) return 'refused'
  const { errors } = parsed.data
  return (errors.find(({ field }) => field === 'code') ?? errors[0])?.message ?? 'refused'
}

export function describeLibrephotos(door: Door): ApiDescription {
  return { error: describeWith(renderError, ErrorBody, wordOf), schemes, help: help(door) }
}
