import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Route, route } from '../../api.ts'
import { bodies, text } from '../../django/fields.ts'
import { answer, type Door } from '../door.ts'
import { renderResetError } from '../errors.ts'

const tag = 'LibrePhotos: password reset'
const Outcome = z.object({ status: z.boolean(), message: z.string() }).openapi('LibrephotosOutcome')
const refused = { 400: answer('Why not.', Outcome) }
const open = { tag, takes: [], ...bodies } as const

export function passwordResetRoutes({ settings }: Door): readonly Route[] {
  return [
    route('POST', '/api/auth/password/reset/', {
      ...open,
      summary: 'Mails a link to set a new password, if there is such an account with a proven address',
      limit: 'mail',
      // Whatever is in it, the answer is the same.
      body: z.object({ email: z.unknown().optional() }),
      answers: { 200: answer('The same whether there is one or not.', Outcome) },
      run: async ({ core, origin, body: { email } }) => {
        if (typeof email === 'string' && email.includes('@'))
          await core.users.forgotPassword(email.slice(0, 300), origin)
        const message = 'If an account exists for that email, a reset link has been sent.'
        return { status: 200, body: { status: true, message } }
      },
    }),
    route('POST', '/api/auth/password/reset/confirm/', {
      ...open,
      summary: 'Sets a new password with a mailed link; opens no session and leaves the second factor alone',
      limit: 'address',
      renderError: renderResetError,
      body: z.object({
        uid: text({ max: 64 }),
        token: text({ max: 128 }),
        new_password: text({ max: 4096, exact: true }),
      }),
      answers: { 200: answer('It is set.', Outcome), ...refused },
      errors: ['one_time_invalid', 'password_refused', 'busy'],
      run: async ({ core, origin, body }) => {
        const { uid, token, new_password: password } = body
        if (settings.siteUrl !== null && !core.doorLinks.isCheck(token, uid)) throw new CardeaError('one_time_invalid')
        await core.users.resetPassword(token, password, origin)
        return { status: 200, body: { status: true, message: 'Password has been reset' } }
      },
    }),
  ]
}
