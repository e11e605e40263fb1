import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Route, route } from '../../api.ts'
import { answer, bodies, everywhere, textOf } from '../door.ts'
import { totpRequirement } from '../errors.ts'
import { ok } from '../reply.ts'
import { NothingBody } from '../wire.ts'
import { loginPaths, tag } from './login.ts'

const [base] = loginPaths
/** Only a plain text is ever looked at; all else is no token of ours. */
const ticket = z.unknown().openapi({ type: 'string' })
const tokenOf = (value: unknown): string => (typeof value === 'string' && value.length <= 512 ? value : '')

/** A number has lost its leading zeros. */
const codeIn = (value: unknown): string => (typeof value === 'number' ? String(value).padStart(6, '0') : textOf(value))

function demandTotp(name: unknown): void {
  if (name !== totpRequirement) throw new CardeaError('not_found')
}

/** The second factor is the one requirement there is, and comes after the password: only who has one is asked for it. */
export const requirementRoutes: readonly Route[] = [
  route('POST', `${base}/requirement-props`, {
    tag,
    summary: 'What a requirement that is still open has to show: nothing',
    ...everywhere,
    ...bodies,
    body: z.object({ incompleteToken: ticket.optional(), name: z.unknown().optional() }),
    answers: { 200: answer('It is open.', NothingBody) },
    errors: ['not_found'],
    run: async ({ core, origin, body }) => {
      demandTotp(body.name)
      if (!(await core.signIn.awaitsCode(tokenOf(body.incompleteToken), origin))) throw new CardeaError('not_found')
      return ok({})
    },
  }),
  route('POST', `${base}/requirement-verify`, {
    tag,
    summary: 'Proves the second factor; the login is finished with the same `incompleteToken`',
    ...everywhere,
    ...bodies,
    body: z.object({
      incompleteToken: ticket.optional(),
      name: z.unknown().optional(),
      value: z.union([z.string().max(64), z.int().min(0).max(999_999)]).optional(),
    }),
    answers: { 200: answer('Proven.', NothingBody) },
    errors: ['not_found', 'one_time_invalid', 'factor_wrong', 'account_disabled', 'rate_limited', 'busy'],
    run: async ({ core, origin, body }) => {
      demandTotp(body.name)
      await core.signIn.proveTicket(tokenOf(body.incompleteToken), codeIn(body.value), origin)
      return ok({})
    },
  }),
]
