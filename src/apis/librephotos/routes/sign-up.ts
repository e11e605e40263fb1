import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { isLoopbackHost } from '../../../http/host.ts'
import type { User } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import { bodies, text } from '../../django/fields.ts'
import { demandProofOfVisitors } from '../../proof.ts'
import { callerOf, lent } from '../callers.ts'
import { answer, type Door, ordinary } from '../door.ts'
import { FullUser, fullUser, withPhotos } from '../people.ts'
import { changeProfile, ownName } from '../profile.ts'
import { email, inWords, password } from './users.ts'

const tag = 'LibrePhotos: sign-up'

const username = text({ max: 150 }).refine((name) => /^[\p{L}\p{N}\p{M}_.@+-]*$/u.test(name), {
  error: 'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
})

export const newUserFields = { username, password, email, first_name: ownName, last_name: ownName }
const SignUp = z.object({
  ...newUserFields,
  setup_code: text({ max: 128 }).optional().openapi({ description: 'Until there is an administrator.' }),
})
type SignUp = z.infer<typeof SignUp>

const SignedUp = z
  .object({ username: z.string(), email: z.string(), first_name: z.string(), last_name: z.string() })
  .openapi('LibrephotosSignedUp')

/** What proxies and tunnels add: behind one on this machine every request comes from this machine. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']

/** Sent on this machine, by no page from elsewhere that is open on it, and past no proxy. */
function isFromHere({ origin: { address }, sameOrigin, request }: Call): boolean {
  if (sameOrigin === 'foreign' || proxyHeaders.some((name) => request.headers.has(name))) return false
  return isLoopbackHost(address.includes(':') ? `[${address}]` : address)
}

/**
 * The administrator: with the code, or with a fresh one where the operator opened that on this machine. It is used up in
 * the transaction that makes them, so that of many side by side one is made, and nobody else gets an account by it.
 */
async function firstUser(call: Call<SignUp>, { settings }: Door): Promise<User> {
  const { core, origin, body } = call
  const isOpen = body.setup_code === undefined && settings.openFirstSetup && isFromHere(call)
  // The printed code stays good: a sign-up that is refused changes nothing.
  const code = isOpen ? await core.users.newSetUpCode({ replace: false }) : (body.setup_code ?? null)
  if (code === null) throw new CardeaError(isOpen ? 'one_time_invalid' : 'set_up_needed')
  const wish = { code, username: body.username, email: body.email || null, password: body.password }
  return core.users.setUp(wish, origin).catch((error: unknown) => {
    const isLate = error instanceof CardeaError && error.code === 'not_found'
    return isLate ? Promise.reject(new CardeaError('one_time_invalid')) : inWords(error)
  })
}

async function otherUser({ core, origin, body, principal }: Call<SignUp>): Promise<User | null> {
  // Whoever has a code wanted to be the administrator.
  if (body.setup_code !== undefined) throw new CardeaError('one_time_invalid')
  if (core.settings.signUp !== 'open') {
    throw principal === null
      ? new CardeaError('credentials_missing')
      : new CardeaError('sign_up_closed', { kind: principal.kind })
  }
  const wish = { username: body.username, email: body.email || null, password: body.password, confirm: false }
  const { publicId } = await core.users.signUp(wish, origin).catch(inWords)
  return publicId === null ? null : core.users.byPublicId(publicId)
}

/** Strangers, and everybody who is signed in and is no administrator. */
async function signUp(call: Call<SignUp>, door: Door) {
  const { core, origin, body } = call
  // Otherwise a page elsewhere could use up the limit of whoever visits it.
  if (call.sameOrigin === 'foreign' && door.settings.corsOrigins !== '*') throw new CardeaError('origin_refused')
  await core.limits.mail(origin)
  const user = (await core.users.needsSetUp()) ? await firstUser(call, door) : await otherUser(call)
  const { first_name, last_name } = body
  // What was typed is kept as a text: whether the address is somebody else's shows nowhere.
  const email = body.email === '' ? null : body.email
  if (user !== null) await changeProfile(core, user, { first_name, last_name, email })
  return {
    status: 201,
    body: { username: user?.username ?? body.username, email: body.email, first_name, last_name },
  }
}

const run = (door: Door) => async (call: Call<SignUp>) => {
  const { core, origin, body } = call
  const caller = callerOf(call)
  if (caller === null || !caller.isSuperuser || !caller.mayAct) return signUp(call, door)
  demandProofOfVisitors(call, caller.principal)
  const { first_name, last_name } = body
  const wish = { username: body.username, email: body.email || null, password: body.password } as const
  const user = await core.users
    .create({ ...wish, role: 'user', kind: 'person' }, lent(core, caller), origin)
    .catch(inWords)
  const profile = await changeProfile(core, user, { first_name, last_name })
  return { status: 201, body: fullUser(core, await withPhotos(core, user, profile)) }
}

const FirstTime = z.object({ isFirstTimeSetup: z.boolean() }).openapi('LibrephotosFirstTime')

export function signUpRoutes(door: Door): readonly Route[] {
  const takes = ordinary(door)
  return [
    ...['/api/firsttimesetup/', '/api/firsttimesetup'].map((path) =>
      route('GET', path, {
        tag,
        summary: 'Whether there is no administrator yet',
        takes,
        anonymous: true,
        hidden: !path.endsWith('/'),
        answers: { 200: answer('Whether there is none.', FirstTime) },
        run: async ({ core }) => ({ status: 200, body: { isFirstTimeSetup: await core.users.needsSetUp() } }),
      }),
    ),
    route('POST', '/api/user/', {
      tag,
      summary: 'Opens an account; the first one of all with the set-up code, and it is the administrator’s',
      takes,
      anonymous: true,
      ...bodies,
      body: SignUp,
      answers: { 201: answer('The account; to an administrator all of it.', z.union([FullUser, SignedUp])) },
      errors: [
        'credentials_missing',
        'sign_up_closed',
        'set_up_needed',
        'one_time_invalid',
        'username_taken',
        'email_taken',
        'password_refused',
        'beyond_own_rights',
        'origin_refused',
        'reauthentication_required',
        'rate_limited',
        'busy',
      ],
      run: run(door),
    }),
  ]
}
