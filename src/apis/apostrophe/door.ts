import type { z } from '@hono/zod-openapi'
import { CardeaError } from '../../errors.ts'
import type { CredentialKind } from '../../types.ts'
import type { Answer, Api } from '../api.ts'
import type { Cookies } from './cookies.ts'
import type { ApostropheSettings } from './settings.ts'

export interface Door {
  readonly settings: ApostropheSettings
  /** Public URL and prefix, without a trailing slash. */
  readonly base: string
  readonly cookies: Cookies
}

export const kinds: readonly CredentialKind[] = [
  'bearer-token',
  'access-token',
  'api-key',
  'static-key',
  'session-cookie',
]

/**
 * Every address of this API looks at credentials before anything else: a wrong key is 403 and a dead token 401 also where
 * nothing is asked of the caller, and where there is nothing at all. A live bearer token counts before a good key.
 */
export const everywhere = {
  takes: kinds,
  anonymous: true,
  precedence: ['bearer', 'key'],
} as const satisfies Api['everywhere']

/** How bodies come: JSON, a form, or JSON that says that it is a form. What comes as anything else counts as nothing. */
export const bodies = { bodyType: ['json', 'form'], otherBodies: 'ignored', jsonInForms: true } as const

export const answer = (description: string, schema: z.ZodType): Answer => ({
  description,
  schema,
  type: 'application/json',
})
export const empty = (description: string): Answer => ({ description })

/** Members of a body that may be anything at all. */
export function membersOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {}
}

/** Text, or a number or yes and no as text; everything else is no text at all. */
export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** `true`, 1, or a text that begins with t, y or 1. */
export function isYes(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === 'string' && /^[ty1]/i.test(value))
}

export function isCode(error: unknown, code: CardeaError['code']): error is CardeaError {
  return error instanceof CardeaError && error.code === code
}
