import { z } from '@hono/zod-openapi'
import { type Call, type Route, route } from '../../api.ts'
import { refuseForeignForms } from '../../foreign.ts'
import { bodies, empty, everywhere, membersOf, textOf } from '../door.ts'
import { refusal, renderWith } from '../errors.ts'
import { done } from '../reply.ts'
import { loginPaths, tag } from './login.ts'

const [base] = loginPaths
const Reset = z.object({ email: z.string().max(254).optional(), reset: z.string().max(512).optional() })

/**
 * Counted by address; who succeeds gets it back. Throws resetInvalid unless the link is good and of whoever is called so.
 */
async function demandLink(call: Call, { email = '', reset = '' }: z.infer<typeof Reset>): Promise<void> {
  const { core, origin } = call
  await core.limits.address(origin)
  if (!(await core.users.isResetOf(reset, email.trim(), origin))) throw refusal('resetInvalid', 'reset')
}

export const resetRoutes: readonly Route[] = [
  route('POST', `${base}/reset-request`, {
    tag,
    summary: 'Mails a link to set a new password, if there is such a user; never says whether',
    ...everywhere,
    ...bodies,
    refuse: (body) =>
      textOf(membersOf(body).email).trim() === '' ? { field: 'email', message: 'emailRequired' } : null,
    body: z.object({ email: z.union([z.string().max(254), z.number(), z.boolean()]) }),
    answers: { 200: empty('It is on its way, if there is such a user.') },
    errors: ['rate_limited'],
    run: async ({ core, origin, body }) => {
      // Counted here and not before: a page elsewhere does not come this far.
      await core.limits.mail(origin)
      await core.users.forgotPassword(textOf(body.email).trim(), origin)
      return done
    },
  }),
  route('GET', `${base}/reset`, {
    tag,
    summary: 'Whether a mailed link is still good; uses nothing up',
    ...everywhere,
    query: Reset,
    answers: { 200: empty('It is good.') },
    errors: ['rate_limited'],
    run: async (call) => {
      await demandLink(call, call.query)
      await call.core.limits.giveBackAddress(call.origin)
      return done
    },
  }),
  route('POST', `${base}/reset`, {
    tag,
    summary: 'Sets a new password with a mailed link. Opens no session',
    ...everywhere,
    ...bodies,
    refuse: (body) =>
      textOf(membersOf(body).password) === '' ? { field: 'password', message: 'passwordRequired' } : null,
    body: Reset.extend({ password: z.string().max(4096) }),
    answers: { 200: empty('Set. Sessions, keys and private tokens are dead; the second factor stays.') },
    errors: ['origin_refused', 'one_time_invalid', 'password_refused', 'rate_limited', 'busy'],
    renderError: renderWith({ one_time_invalid: 'resetInvalid' }),
    run: async (call) => {
      const { core, origin, body } = call
      refuseForeignForms(call)
      await demandLink(call, body)
      await core.users.resetPassword(body.reset ?? '', body.password, origin)
      await core.limits.giveBackAddress(origin)
      return done
    },
  }),
]
