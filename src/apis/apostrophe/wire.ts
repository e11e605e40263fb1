import { z } from '@hono/zod-openapi'

/* What this contract answers, by the names and types that its clients read. */

/**
 * A failure. What is wrong with a key, a bearer token or a missing CSRF cookie has no `data`; that drafts are not for
 * the caller, where the query asks for them, has no `message` either.
 */
export const ErrorBody = z
  .union([
    z.object({ name: z.string(), data: z.record(z.string(), z.unknown()).optional(), message: z.string() }),
    z.strictObject({ name: z.literal('forbidden') }),
    z.object({ error: z.literal('invalid api key') }),
  ])
  .openapi('ApostropheError')

export const LoginBody = z
  .union([z.strictObject({ token: z.string() }), z.strictObject({ incompleteToken: z.string() }), z.strictObject({})])
  .openapi('ApostropheLogin')
