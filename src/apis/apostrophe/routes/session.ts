import { CardeaError } from '../../../errors.ts'
import { type Call, type Route, route } from '../../api.ts'
import { answer, type Door, empty, everywhere } from '../door.ts'
import { refusal } from '../errors.ts'
import { done, ok } from '../reply.ts'
import { readTitle } from '../titles.ts'
import { ContextBody, WhoamiBody } from '../wire.ts'
import { loginPaths, tag } from './login.ts'

/** What a key of the configuration is called, here and where it changes something. */
export const systemTitle = 'System Task'

/** The session whose cookie came along beside a key or a token: whoever logs out means that one as well. */
async function endSessionBeside(call: Call, text: string): Promise<void> {
  const { core, origin } = call
  if (call.caller().kind === 'session-cookie' || call.sameOrigin === 'foreign') return
  const verdict = await core.guard.authenticate([{ via: 'cookie', text }], ['session-cookie'], origin)
  if (verdict.ok) await core.sessions.signOut(verdict.value, origin)
}

async function logOut(call: Call, { cookies }: Door) {
  const { principal, core, origin } = call
  if (principal === null) throw refusal('notLoggedIn')
  const { kind, sessionId } = principal
  const isKey = kind === 'api-key' || kind === 'static-key'
  // A token that a key got for itself, and a private token, are not ended here: nobody is told that they were.
  if (!isKey && (sessionId === null || principal.keyId !== null))
    throw new CardeaError('credential_kind_refused', { kind })
  if (!isKey) await core.sessions.signOut(principal, origin)
  const sent = cookies.sentSession(call.request.headers.get('cookie'))
  if (sent !== null) {
    await endSessionBeside(call, sent)
    for (const cookie of cookies.signedOut()) call.setCookie(cookie)
  }
  return done
}

async function whoAmI({ core, principal }: Call) {
  if (principal === null) throw new CardeaError('not_found')
  const { user } = principal
  if (user === null) return ok({ title: systemTitle })
  const { publicId, username, email } = user
  const title = await readTitle(core, user)
  return ok({ _id: publicId, username, title, ...(email === null ? {} : { email }) })
}

const methods = ['GET', 'POST'] as const

export const sessionRoutes = (door: Door): readonly Route[] => [
  ...loginPaths.map((path) =>
    route('POST', `${path}/logout`, {
      tag,
      summary: 'Ends the session of the token or cookie that is sent',
      ...everywhere,
      strictKinds: true,
      answers: { 200: empty('It is over. Keys stay as they are.') },
      errors: ['request_invalid', 'credential_kind_refused'],
      run: (call) => logOut(call, door),
    }),
  ),
  ...methods.flatMap((method) => [
    route(method, `${loginPaths[0]}/whoami`, {
      tag,
      summary: 'Who calls',
      ...everywhere,
      answers: { 200: answer('The user, or what a key is called.', WhoamiBody) },
      errors: ['not_found'],
      run: whoAmI,
    }),
    route(method, `${loginPaths[0]}/context`, {
      tag,
      summary: 'What a login page has to know',
      ...everywhere,
      answers: { 200: answer('Nothing is asked for before the password.', ContextBody) },
      run: () =>
        ok({ env: 'production', name: door.settings.shortName, version: contractVersion, requirementProps: {} }),
    }),
  ]),
]

/** Of ApostropheCMS, that these answers are those of. */
const contractVersion = '4.32.2'
