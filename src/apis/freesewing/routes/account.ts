import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import type { User } from '../../../types.ts'
import { type Call, type Route, route, synonym } from '../../api.ts'
import { demandProofOfVisitors, refuseImpersonation } from '../../proof.ts'
import { atLevel, bothWays, type Caller, callerOf, demandConsent, jwtOnly } from '../callers.ts'
import { inOrder, when } from '../checks.ts'
import { answer, bodies, type Door, tokenShape } from '../door.ts'
import { refusal, renderNested } from '../errors.ts'
import { isPerson } from '../levels.ts'
import { changeProfile, languages, mergeData, type Profile, type ProfilePatch } from '../profile.ts'
import { success } from '../reply.ts'
import { AccountAnswer, AccountBody, accountBody, ErrorBody, successBody } from '../wire.ts'

const tag = 'FreeSewing: account'
const accountAnswer = { 200: answer('The account.', AccountAnswer) } as const

export const accountOf = (call: Call, caller: Caller, profile = caller.profile, user = caller.user) => ({
  account: accountBody(call.core, user, profile, call.core.clock.now()),
})

/** A value of a list, or nothing: what is not in it is passed over without a word, as this contract does. */
const oneOf = <T extends string | number | boolean>(...values: readonly T[]) =>
  z
    .unknown()
    .optional()
    .transform((value) => values.find((each) => each === value))
const flag = oneOf(true, false)

/** `null` and an empty text take it away. */
const webAddress = z
  .union([z.literal(''), z.url({ protocol: /^https?$/ }).max(2000)], 'must be an http or https address')
  .optional()

const Patch = z.object({
  bio: z.string().max(10_000).optional(),
  compare: flag,
  consent: oneOf(0, 1, 2, 3),
  control: oneOf(1, 2, 3, 4, 5),
  data: z.record(z.string().max(200), z.unknown()).optional(),
  email: z.string().max(254).optional(),
  github: z.string().max(100).optional(),
  imperial: flag,
  img: webAddress,
  language: oneOf(...languages),
  newsletter: flag,
  password: z.string().max(4096).optional(),
  username: z.string().max(254).optional(),
  confirm: z.string().max(64).optional(),
  confirmation: z.string().max(64).optional(),
  check: z.string().max(64).optional(),
})
type Wish = z.infer<typeof Patch>

function profilePatch({ bio, compare, consent, control, data, github, imperial, img, language, newsletter }: Wish) {
  // Scratch codes never were a member of their owner's choice.
  const { mfaScratchCodes: _, ...own } = data ?? {}
  const wish = { bio, compare, consent, control, github, imperial, img, language, newsletter }
  const given = Object.entries({ ...wish, data: data === undefined ? undefined : own })
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as ProfilePatch
}

/** A name that is taken, or is none, is passed over without a word. */
async function rename(call: Call, { user }: Caller, username: string | undefined): Promise<void> {
  if (username === undefined || username.length < 2 || username === user.username) return
  await call.core.users.changeUsername(user, username, call.origin).catch((error: unknown) => {
    const isPassedOver = error instanceof CardeaError && ['username_taken', 'request_invalid'].includes(error.code)
    if (!isPassedOver) throw error
  })
}

/** The second half of a change of address: only with the right check does anything happen. */
async function confirmEmail(call: Call, { user }: Caller, { confirm, confirmation, check }: Wish): Promise<void> {
  if (confirm !== 'emailchange' || confirmation === undefined || check === undefined) return
  const { doorLinks, users } = call.core
  if ((await doorLinks.purposeOf(call.origin.api, confirmation)) === null) throw new CardeaError('one_time_invalid')
  if (doorLinks.isCheck(confirmation, check)) await users.confirmOwnEmail(user, confirmation, call.origin)
}

/** A key that leaked must not become the account: what people sign in with is changed by people. */
function mayChange(call: Call<Wish>, door: Door, { principal, user, profile }: Caller): void {
  const { password, email, confirm, username = user.username, consent = profile.consent } = call.body
  const touches = Boolean(password) || Boolean(email) || confirm !== undefined
  // Whoever acts for somebody neither agrees nor is called something else in their place.
  const renames = username !== user.username
  if (touches || renames || consent !== profile.consent) refuseImpersonation(principal)
  if (touches || renames) demandProofOfVisitors(call, principal)
  if (!touches) return
  if (isPerson(principal) || door.settings.keysChangeCredentials) return
  throw new CardeaError('beyond_own_rights', { internal: 'a key changes no password and no address' })
}

function checkChange({ core }: Call, user: User, wish: { readonly email?: string; readonly password?: string }): void {
  try {
    core.users.checkChange(user, wish)
  } catch (error) {
    const isNoAddress = error instanceof CardeaError && error.code === 'request_invalid'
    throw isNoAddress ? refusal('emailInvalid', 'email') : error
  }
}

const patchAccount = (door: Door) => async (call: Call<Wish>) => {
  const caller = callerOf(call)
  const { user, principal } = caller
  const { core, origin, body } = call
  mayChange(call, door, caller)
  const password = body.password || undefined
  const email = body.email && body.email.trim().toLowerCase() !== user.email ? body.email : undefined
  // What can be refused comes first, so that a refused change changes nothing.
  const patch = profilePatch(body)
  mergeData(caller.profile, patch)
  checkChange(call, user, { ...(email !== undefined && { email }), ...(password !== undefined && { password }) })
  // Otherwise an account would mail whom it likes, and keep the hashing busy.
  if (email !== undefined) await core.limits.mail(origin)
  if (password !== undefined) await core.limits.address(origin)
  await confirmEmail(call, caller, body)
  if (password !== undefined) await core.users.changePassword(user, password, principal.sessionId, origin)
  if (email !== undefined) await core.users.requestEmailChange(user, email, origin)
  await rename(call, caller, body.username)
  const profile: Profile = Object.keys(patch).length === 0 ? caller.profile : await changeProfile(core, user, patch)
  const after = (await core.users.byPublicId(user.publicId)) ?? user
  return success(accountOf(call, caller, profile, after))
}

export const accountRoutes = (door: Door): readonly Route[] => [
  ...bothWays.flatMap(({ suffix, takes }) => {
    const patch = route('PATCH', `/account${suffix}`, {
      tag,
      summary: 'Changes the account; what is not right for a field of choices is passed over',
      takes,
      needs: 'account:write',
      admit: atLevel(3),
      ...bodies,
      body: Patch,
      answers: accountAnswer,
      errors: [
        'one_time_invalid',
        'email_taken',
        'password_refused',
        'beyond_own_rights',
        'reauthentication_required',
        'busy',
        'rate_limited',
      ],
      run: patchAccount(door),
    })
    return [
      route('GET', `/account${suffix}`, {
        tag,
        summary: 'The account of the caller',
        takes,
        needs: 'account:read',
        admit: atLevel(1),
        answers: accountAnswer,
        run: (call) => success(accountOf(call, callerOf(call))),
      }),
      patch,
      synonym(patch, 'PUT'),
    ]
  }),
  ...jwtOnly.flatMap(({ suffix, takes }) => [
    route('GET', `/whoami${suffix}`, {
      tag,
      summary: 'The account of the caller, or what is the matter with it',
      takes,
      needs: 'account:read',
      admit: atLevel(1, { guest: true }),
      answers: { ...accountAnswer, 451: answer('The user did not consent.', ErrorBody) },
      errors: ['request_invalid'],
      renderError: renderNested,
      run: (call) => {
        const caller = callerOf(call)
        demandConsent(caller)
        return success(accountOf(call, caller))
      },
    }),
    route('PATCH', `/consent${suffix}`, {
      tag,
      summary: 'Gives or withdraws consent',
      takes,
      strictKinds: true,
      needs: 'account:write',
      admit: atLevel(3, { guest: true }),
      ...bodies,
      refuse: inOrder(when('consent', 'consentInvalid', (value) => [0, 1, 2].some((each) => each === value))),
      body: z.object({ consent: z.int().min(0).max(2) }),
      answers: {
        200: answer('The account, and a token that says so.', successBody({ account: AccountBody, token: z.string() })),
      },
      errors: ['credential_kind_refused', 'beyond_own_rights'],
      run: async (call) => {
        const caller = callerOf(call)
        const { core, body, origin } = call
        refuseImpersonation(caller.principal)
        const { token } = await core.sessions.reissue(caller.principal, tokenShape(call, door, caller.user), origin)
        const profile = await changeProfile(core, caller.user, { consent: body.consent })
        return success({ ...accountOf(call, caller, profile), token })
      },
    }),
  ]),
]
