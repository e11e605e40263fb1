import { z } from '@hono/zod-openapi'

/* What this contract answers. Names and types are those that its clients read. */

export const ErrorBody = z
  .object({ errors: z.array(z.object({ field: z.string(), message: z.string() })) })
  .openapi('LibrephotosErrors')

export const TokenPair = z.object({ refresh: z.string(), access: z.string() }).openapi('LibrephotosTokenPair')
export const AccessToken = z.object({ access: z.string() }).openapi('LibrephotosAccess')
export const Nothing = z.strictObject({}).openapi('LibrephotosNothing')
