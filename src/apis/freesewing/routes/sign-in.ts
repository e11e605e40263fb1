import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Route, route } from '../../api.ts'
import { signInErrors } from '../../sign-in-errors.ts'
import { given, inOrder, isText, someBody, when } from '../checks.ts'
import { answer, bodies, type Door, signedIn, signedInAnswer } from '../door.ts'
import { refusal } from '../errors.ts'
import { json } from '../reply.ts'
import { ErrorBody } from '../wire.ts'
import { pairParams } from './sign-up.ts'

const tag = 'FreeSewing: sign-up and sign-in'

/** User name, e-mail address or id; ids come as numbers as well. */
const isIdentifier = (value: unknown): boolean => isText(value) || (Number.isSafeInteger(value) && Number(value) > 0)
const identifier = z.union([z.string().max(254), z.int()])
/** Clients say `false` where they have none. A number has lost its leading zeros. */
const codeField = z.union([z.string().max(64), z.int().min(0).max(999_999), z.literal(false), z.null()]).optional()

export function codeOf(token: z.infer<typeof codeField>): string | undefined {
  if (typeof token === 'number') return String(token).padStart(6, '0')
  // A form can say `false` only in letters.
  return token === undefined || token === null || token === false || token === '' || token === 'false'
    ? undefined
    : token
}

const asText = (value: string | number): string => String(value).trim()

const providers = { takes: [], ...bodies, answers: { 403: answer('Always.', ErrorBody) } } as const

export const signInRoutes = (door: Door): readonly Route[] => [
  route('POST', '/signin', {
    tag,
    summary: 'Signs in with password, and code where there is a second factor',
    takes: [],
    ...bodies,
    refuse: inOrder(
      someBody,
      given('username', 'usernameMissing'),
      when('username', 'usernameMissing', isIdentifier),
      when('password', 'passwordMissing', isText),
    ),
    body: z.object({ username: identifier, password: z.string().max(4096), token: codeField }),
    answers: signedInAnswer,
    errors: signInErrors,
    run: async (call) => {
      const { username, password, token } = call.body
      const code = codeOf(token)
      const wish = { identifier: asText(username), password, ...(code === undefined ? {} : { code }) }
      const { user, factors } = await call.core.signIn.withPassword(wish, call.origin)
      return signedIn(call, door, user, factors)
    },
  }),
  route('POST', '/signinlink', {
    tag,
    summary: 'Mails a link to sign in',
    takes: [],
    limit: 'mail',
    ...bodies,
    refuse: inOrder(someBody, given('username', 'usernameMissing'), when('username', 'usernameMissing', isIdentifier)),
    body: z.object({ username: identifier }),
    answers: {
      200: answer('It is on its way, if there is such a user.', z.object({ result: z.literal('emailSent') })),
    },
    errors: door.settings.revealUnknown ? ['credentials_wrong'] : [],
    run: async ({ core, origin, body }) => {
      const who = asText(body.username)
      if (door.settings.revealUnknown && (await core.users.find(who, origin)) === null) {
        throw new CardeaError('credentials_wrong')
      }
      await core.signIn.requestLink(who, origin)
      return json(200, { result: 'emailSent' })
    },
  }),
  route('POST', '/signinlink/:id/:check', {
    tag,
    summary: 'Signs in with a mailed link, and code where there is a second factor',
    takes: [],
    params: pairParams,
    ...bodies,
    body: z.object({ token: codeField }),
    answers: signedInAnswer,
    errors: [
      'one_time_invalid',
      'factor_required',
      'factor_wrong',
      'account_pending',
      'account_disabled',
      'account_blocked',
      'rate_limited',
    ],
    run: async (call) => {
      const { id, check } = call.params
      // Looked up all the same, so that a wrong check costs what a wrong id does.
      const token = call.core.doorLinks.isCheck(id, check) ? id : ''
      const { user, factors } = await call.core.signIn.withLinkAndCode(token, codeOf(call.body.token), call.origin)
      return signedIn(call, door, user, factors)
    },
  }),
  ...(['/signin/oauth/init', '/signin/oauth'] as const).map((path) =>
    route('POST', path, {
      tag,
      summary: 'There is no sign-in by way of others',
      ...providers,
      body: z.object({}),
      run: () => {
        throw refusal('invalidProvider', 'provider')
      },
    }),
  ),
]
