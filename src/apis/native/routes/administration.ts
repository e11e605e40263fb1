import { z } from '@hono/zod-openapi'
import { freshFields, idParams } from '../wire.ts'
import { anyKind, inSession } from './common.ts'

/* What the routes of administration have in common. */

/** Looks, and changes nothing. */
export const looking = { tag: 'Administration', takes: anyKind, needs: 'users:read' } as const

/** Changes somebody else, hence in a session whose factors were proven lately. */
export const changing = {
  tag: 'Administration',
  takes: inSession,
  strictKinds: true,
  needs: 'users:write',
  fresh: 'all',
} as const

/** Of one thing, which the address names, and with nothing more to say. */
export const changingOne = { ...changing, params: idParams, body: z.strictObject(freshFields) } as const
