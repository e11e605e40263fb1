import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Route, route } from '../../api.ts'
import { given, inOrder, isText, someBody, when } from '../checks.ts'
import { answer, bodies, type Door, idParams, signedIn, signedInAnswer } from '../door.ts'
import { refusal } from '../errors.ts'
import { changeProfile, type Language, languages } from '../profile.ts'
import { created, success } from '../reply.ts'
import { successBody } from '../wire.ts'

const tag = 'FreeSewing: sign-up and sign-in'
/** What the core refuses is told in the contract's word for it. */
const inWords = (error: unknown): never => {
  const field = error instanceof CardeaError && error.code === 'request_invalid' ? error.detail.fields?.[0]?.field : ''
  throw field === 'email' ? refusal('emailInvalid', 'email') : error
}
/** `:check` belongs to `:id`, or nothing was ever mailed like that. */
export const pairParams = z.object({ id: z.string().max(64), check: z.string().max(64) })

const asLanguage = (value: unknown): Language => languages.find((each) => each === value) ?? 'en'

export const signUpRoutes = (door: Door): readonly Route[] => [
  route('POST', '/signup', {
    tag,
    summary: 'Opens an account for an e-mail address, or mails the owner of a known one',
    takes: [],
    limit: 'mail',
    ...bodies,
    refuse: inOrder(someBody, given('email', 'emailMissing'), when('email', 'emailInvalid', isText)),
    body: z.object({ email: z.string().max(254), language: z.unknown().optional() }),
    answers: {
      201: answer(
        'A mail is on its way, whether the address was known or not.',
        z.object({ result: z.literal('created'), email: z.string() }),
      ),
    },
    errors: ['request_invalid', 'sign_up_closed', 'set_up_needed'],
    run: async (call) => {
      const { core, origin, body } = call
      const email = body.email.trim().toLowerCase()
      const wish = { username: null, email, password: null, confirm: true, linkToOwner: true }
      const { publicId } = await core.users.signUp(wish, origin).catch(inWords)
      const user = publicId === null ? null : await core.users.byPublicId(publicId)
      if (user !== null) {
        const language = asLanguage(body.language)
        await changeProfile(core, user, { consent: 0, language, initial: user.unprovenEmail ?? email })
      }
      return created({ email })
    },
  }),
  route('GET', '/confirmations/:id/:check', {
    tag,
    summary: 'Whether a mailed link is still good; uses nothing up',
    takes: [],
    params: pairParams,
    answers: {
      200: answer('It is.', successBody({ confirmation: z.object({ id: z.string(), check: z.string() }) })),
    },
    errors: ['not_found'],
    run: async ({ core, params: { id, check } }) => {
      if (!core.doorLinks.isCheck(id, check) || (await core.doorLinks.purposeOf('freesewing', id)) === null)
        throw new CardeaError('not_found')
      return success({ confirmation: { id, check } })
    },
  }),
  route('POST', '/confirm/signup/:id', {
    tag,
    summary: 'Confirms a new account by its mailed link, and signs in',
    takes: [],
    limit: 'address',
    params: idParams,
    ...bodies,
    refuse: inOrder(
      someBody,
      when('consent', 'consentRequired', (value) => typeof value === 'number' && [1, 2, 3].includes(value)),
    ),
    body: z.object({ consent: z.int().min(1).max(3) }),
    answers: signedInAnswer,
    errors: ['one_time_invalid', 'account_disabled', 'account_blocked', 'email_taken', 'factor_required'],
    run: async (call) => {
      const { core, origin } = call
      const { id } = call.params
      // The mail about a change of address proves the address too, but it goes to whoever has that: it signs nobody in.
      if ((await core.doorLinks.purposeOf(origin.api, id)) !== 'confirm-email')
        throw new CardeaError('one_time_invalid')
      const user = await core.users.confirmEmail(id, null, origin).catch((error: unknown): never => {
        // An account with a password was not opened here: its own door asks for that as well.
        const isOther = error instanceof CardeaError && error.code === 'request_invalid'
        throw isOther ? new CardeaError('one_time_invalid') : error
      })
      const profile = await changeProfile(core, user, { consent: call.body.consent })
      // The address is proven; who has a second factor signs in with it.
      if (user.hasFactor) throw new CardeaError('factor_required')
      return signedIn(call, door, user, ['link'], profile)
    },
  }),
]
