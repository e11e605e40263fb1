import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Api, type Call, type Route, route } from '../../api.ts'
import { atLevel, bothWays, type Caller, callerOf } from '../callers.ts'
import { inOrder, isText, someBody, when } from '../checks.ts'
import { answer, bodies } from '../door.ts'
import { refusal, renderWith } from '../errors.ts'
import { isPerson } from '../levels.ts'
import { success } from '../reply.ts'
import { AccountBody, successBody } from '../wire.ts'
import { accountOf } from './account.ts'
import { codeOf } from './sign-in.ts'

const code = z.union([z.string().max(64), z.int().min(0).max(999_999)]).optional()
const Wish = z.object({
  mfa: z.boolean(),
  secret: z.string().max(128).optional(),
  token: code,
  password: z.string().max(4096).optional(),
})
type Wish = z.infer<typeof Wish>

const isSetting = (value: unknown): boolean => value === true || value === false

/** The picture in the frame that pages of this contract put it in. */
const framed = (svg: string): string => svg.replace('<svg ', '<svg class="qrcode" width="100%" height="100%" ')

async function fresh(call: Call, { user }: Caller) {
  return (await call.core.users.byPublicId(user.publicId)) ?? user
}

async function enrol(call: Call, { user }: Caller) {
  const { secret, uri, svg } = await call.core.mfa.begin(user, call.origin)
  return success({ mfa: { secret, otpauth: uri, qrcode: framed(svg) } })
}

/** The secret in the body is compared with the one that the server keeps, never taken over. */
async function confirm(call: Call, caller: Caller, secret: string, token: string) {
  const { user, principal } = caller
  const options = { secret, scratch: true }
  const { recoveryCodes } = await call.core.mfa
    .confirm(user, token, principal.sessionId, call.origin, options)
    .catch((error: unknown): never => {
      // Nothing pending, pending for too long, or a wrong code: the contract has one word for it.
      const isWrong = error instanceof CardeaError && ['factor_missing', 'factor_wrong'].includes(error.code)
      throw isWrong ? new CardeaError('factor_wrong', { extra: { enrolling: true } }) : error
    })
  return success({ ...accountOf(call, caller, caller.profile, await fresh(call, caller)), scratchCodes: recoveryCodes })
}

async function disable(call: Call, caller: Caller, { token, password }: Wish) {
  const { core, origin } = call
  const { user, principal } = caller
  const typed = codeOf(token)
  if (typed === undefined) throw refusal('mfaTokenMissing', 'token')
  if (!isText(password)) throw refusal('passwordMissing', 'password')
  if (!user.hasFactor) throw new CardeaError('factor_missing')
  await core.signIn.reprove(principal, { password, code: typed }, origin)
  await core.mfa.disable(user, principal, principal.sessionId, origin)
  return success(accountOf(call, caller, caller.profile, await fresh(call, caller)))
}

const run = async (call: Call<Wish>) => {
  const caller = callerOf(call)
  // Enrolling and leaving happen inside a session: no key becomes more than its owner gave it.
  if (!isPerson(caller.principal) || caller.principal.actor !== null) throw new CardeaError('beyond_own_rights')
  const { mfa, secret, token } = call.body
  if (!mfa) return disable(call, caller, call.body)
  const typed = codeOf(token)
  if (secret === undefined && typed === undefined) return enrol(call, caller)
  if (secret === undefined || typed === undefined) throw refusal('invalidMfaSetting', 'mfa')
  return confirm(call, caller, secret, typed)
}

const leaving = renderWith({
  credentials_wrong: { status: 401, error: 'authenticationFailed' },
  factor_wrong: { status: 401, error: 'authenticationFailed' },
})
const enrolling = renderWith({ factor_wrong: { status: 403, error: 'mfaTokenInvalid' } })
const renderError: Api['renderError'] = (error, context) =>
  error.detail.extra?.enrolling === true ? enrolling(error, context) : leaving(error, context)

export const mfaRoutes: readonly Route[] = bothWays.map(({ suffix, takes }) =>
  route('POST', `/account/mfa${suffix}`, {
    tag: 'FreeSewing: account',
    summary: 'Begins, confirms or ends the second factor; in a session only',
    takes,
    strictKinds: true,
    needs: 'account:write',
    admit: atLevel(4, { enrolling: true }),
    fresh: 'visitors',
    ...bodies,
    refuse: inOrder(someBody, when('mfa', 'invalidMfaSetting', isSetting)),
    body: Wish,
    answers: {
      200: answer(
        'The secret to scan (shown this once), or the account, with scratch codes (shown this once) when it is on now.',
        z.union([
          successBody({ mfa: z.object({ secret: z.string(), otpauth: z.string(), qrcode: z.string() }) }),
          successBody({ account: AccountBody, scratchCodes: z.array(z.string().length(8)).length(8).optional() }),
        ]),
      ),
    },
    errors: [
      'factor_exists',
      'factor_missing',
      'factor_wrong',
      'credentials_wrong',
      'reauthentication_required',
      'beyond_own_rights',
      'rate_limited',
      'busy',
    ],
    renderError,
    run,
  }),
)
