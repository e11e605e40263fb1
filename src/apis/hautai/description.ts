import { z } from '@hono/zod-openapi'
import type { CredentialScheme } from '../../http/openapi.ts'
import type { ApiDescription, HelpSection } from '../api.ts'
import { describeWith } from '../django/description.ts'
import type { Door } from './door.ts'
import { renderError } from './errors.ts'
import { ErrorBody } from './wire.ts'

const schemes: readonly CredentialScheme[] = [
  {
    name: 'hautaiToken',
    kind: 'access-token',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The short-living token of `POST /api/v1/auth/login/`.',
    },
  },
  {
    name: 'hautaiPrivateToken',
    kind: 'private-token',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'A long-living token of `POST /api/v1/auth/private_tokens/`.',
    },
  },
]

const json = "-H 'Content-Type: application/json'"

function help({ base }: Door): HelpSection {
  const login = `${base}/api/v1/auth/login/`
  const tokens = `${base}/api/v1/auth/private_tokens/`
  return {
    authentication: {
      hautai_jwt: {
        title: 'Haut.AI: password to token',
        how_to: `Haut.AI clients: POST username (the e-mail address) and password to ${login} and send the answered access_token as Authorization: Bearer <access_token>. With a second factor add "code".`,
        obtain: login,
        obtain_curl: `curl -sS ${login} ${json} -d "{\\"username\\":\\"$IDENTIFIER\\",\\"password\\":\\"$PASSWORD\\"}"`,
        send: 'Authorization: Bearer <access_token>',
        curl: `curl -sS ${tokens} -H "Authorization: Bearer $TOKEN"`,
        lifetime: 'One hour, always.',
        lifetime_seconds: 3600,
      },
      hautai_private_token: {
        title: 'Haut.AI: private token',
        how_to: `Make it with POST ${tokens} and {"name", "expiration_time"} in a session, then send it as Authorization: Bearer <data>. In its last week every answer says in Cardea-Token-Expires when it ends.`,
        obtain: tokens,
        send: 'Authorization: Bearer <data>',
        curl: `curl -sS ${tokens} -H "Authorization: Bearer $PRIVATE_TOKEN"`,
        lifetime: 'Until its expiration_time, or until it is revoked.',
      },
    },
    useful_endpoints: { hautai_login: login, hautai_private_tokens: tokens },
  }
}

const Detail = z.object({ detail: z.string(), code: z.string().optional() })

function wordOf(body: unknown): string {
  const parsed = Detail.safeParse(body)
  return parsed.success ? (parsed.data.code ?? parsed.data.detail) : 'errors by field'
}

export function describeHautai(door: Door): ApiDescription {
  return { error: describeWith(renderError, ErrorBody, wordOf), schemes, help: help(door) }
}
