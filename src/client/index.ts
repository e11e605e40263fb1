import createOpenApiClient from 'openapi-fetch'
import { createAskingKeeper } from './asking-keeper.ts'
import { type Api, createCalls, createOpenCalls } from './calls.ts'
import { ClientError, demandWhole, errorOf } from './errors.ts'
import type { Keeper, Listener, SignedInAnswer } from './keeper.ts'
import { pageOrigin } from './platform.ts'
import type { components, operations, paths } from './schema.ts'
import { memoryStorage, type SessionStorage, storageOf, type User } from './storage.ts'
import { createTokenKeeper } from './token-keeper.ts'
import { createTransport, type Fetch, reach } from './transport.ts'

export { type ClientCode, ClientError, type ErrorCode } from './errors.ts'
export type { Listener } from './keeper.ts'
export type { components, operations, ProblemCode, paths } from './schema.ts'
export {
  memoryStorage,
  type SessionStorage,
  type StoredSession,
  type TextStore,
  type User,
  webStorage,
} from './storage.ts'

export type ApiKey = components['schemas']['ApiKey']
export type PrivateToken = components['schemas']['PrivateToken']
export type Session = components['schemas']['Session']
export type AuditEvent = components['schemas']['Event']

export interface ClientOptions {
  /** Where the server is, such as `https://auth.example.com`. In a page the default is the origin of the page. */
  readonly url?: string
  /**
   * `token`: access and refresh tokens, kept in `storage`. `cookie`: a session cookie that no script can read, for
   * pages of the server's own origin. Default `token`.
   */
  readonly mode?: 'token' | 'cookie'
  /** For programs: an API key (`cardea_...`) or a private token, sent with every call. Then nobody signs in. */
  readonly credential?: { readonly apiKey: string } | { readonly token: string }
  /** Mode `token`: where the session is kept. Default `memoryStorage()`. */
  readonly storage?: SessionStorage
  /** Whether tabs and workers of this origin share one session. Default true in pages and their workers, false elsewhere. */
  readonly tabs?: boolean
  /** Mode `token`: tells two clients of one origin apart that are not to share a session. Default `default`. */
  readonly name?: string
  /** Further origins that may see the credential: those of your own API. */
  readonly origins?: readonly string[]
  /** Takes the place of the global `fetch`. */
  readonly fetch?: Fetch
}

const REFRESH_MS = 10_000

export type SignInWish = Omit<operations['postAuthSignIn']['requestBody']['content']['application/json'], 'mode'>

/** Signed in, or one step away from it: the account has a second factor. */
export type SignInStep =
  | { readonly done: true; readonly user: User }
  | {
      readonly done: false
      /** With a code of the authenticator app or a recovery code. After `mfa_code_wrong` it can be called again. */
      readonly submitCode: (code: string) => Promise<User>
    }

export interface Client extends ReturnType<typeof createCalls>, ReturnType<typeof createOpenCalls> {
  signIn(wish: SignInWish): Promise<SignInStep>
  /** With the token of a mailed link. */
  signInWithLink(token: string): Promise<SignInStep>
  /** Ends the session at the server, then in all tabs. Throws, and stays signed in, when the server cannot do it. */
  signOut(): Promise<void>
  /** Forgets the session in all tabs without telling the server, where it lives on until it expires. */
  forget(): Promise<void>
  /** Who is signed in. Asks the server only in mode `cookie` and with a fixed credential, and once. */
  user(): Promise<User | null>
  /** Called with each sign-in, change of user and sign-out, here or in another tab. Answers how to stop it. */
  onChange(listener: Listener): () => void
  /** A good access token for what does not go through `fetch`, or null. Not in mode `cookie`. */
  accessToken(): Promise<string | null>
  /** As the global `fetch`, with the credential of the session: for your own API. Its origin stands in `origins`. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Every call of the server, typed by its OpenAPI document. `error` is never set: failures are thrown. */
  readonly api: Api
  /** Stops listening to other tabs. */
  dispose(): void
}

/** A client of one server for one person, or one program. Throws TypeError for options that do not fit together. */
export function createClient(options: ClientOptions = {}): Client {
  const { mode = 'token', credential, name = 'default' } = options
  const url = baseOf(options.url)
  const fetch: Fetch = options.fetch ?? ((request) => globalThis.fetch(request))
  const shares = credential === undefined && (options.tabs ?? pageOrigin() !== null)
  // There is one cookie, whatever a client is called: its sign-in is that of all.
  const shareAs = shares ? (mode === 'cookie' ? `cardea cookie ${url}` : `cardea ${name} token ${url}`) : null

  // A cookie of the server goes to the server, also from a page of another origin that `corsOrigins` there names.
  const cookies = credential === undefined && mode === 'cookie' ? 'include' : 'same-origin'
  const open = typed(url, cookies, (request) => reach(fetch, request))
  const keeper = credential === undefined && mode === 'token' ? tokens() : asking()
  const origins = new Set([url, ...(options.origins ?? [])].map((each) => new URL(each).origin))
  const transport = createTransport({ keeper, origins, fetch, bare: false })
  const ofServer = createTransport({ keeper, origins, fetch, bare: cookies !== 'include' })
  const api = typed(url, cookies, (request) => ofServer(() => request.clone()))
  const calls = createCalls(api)

  function tokens(): Keeper {
    return createTokenKeeper({
      storage: storageOf(`${name} ${url}`, options.storage ?? memoryStorage()),
      shareAs,
      refresh: async (refresh_token) => {
        // Whoever hangs here holds up all tabs.
        const signal = AbortSignal.timeout(REFRESH_MS)
        return dataOf(await open.POST('/auth/refresh', { body: { refresh_token }, signal }))
      },
    })
  }

  function asking(): Keeper {
    return createAskingKeeper({ authorization: authorizationOf(credential), shareAs, ask: askWho })
  }

  async function askWho(): Promise<User | null> {
    try {
      return (await calls.account.me()).user
    } catch (error) {
      if (error instanceof ClientError && error.status === 401) return null
      throw error
    }
  }

  /** Sends the first factor; a second one that is missing is a step, not a failure. */
  async function step(send: () => Promise<{ readonly data?: SignedInAnswer | undefined }>): Promise<SignInStep> {
    try {
      return { done: true, user: await keeper.open(dataOf(await send())) }
    } catch (error) {
      const ticket = error instanceof ClientError && error.code === 'mfa_required' ? error.problem.mfa_ticket : null
      if (typeof ticket !== 'string') throw error
      return {
        done: false,
        submitCode: async (code) =>
          keeper.open(dataOf(await open.POST('/auth/sign-in/mfa', { body: { mfa_ticket: ticket, code, mode } }))),
      }
    }
  }

  return {
    ...calls,
    ...createOpenCalls(open),
    account: {
      ...calls.account,
      async update(body) {
        const user = await calls.account.update(body)
        await keeper.learn(user)
        return user
      },
      async remove(body) {
        const { session } = await keeper.proof()
        await calls.account.remove(body)
        await keeper.close(session)
      },
    },
    signIn: (wish) => step(() => open.POST('/auth/sign-in', { body: { ...wish, mode } })),
    signInWithLink: (token) => step(() => open.POST('/auth/sign-in/link', { body: { token, mode } })),
    async signOut() {
      let session: string | null = null
      try {
        session = (await keeper.proof()).session
        await api.POST('/auth/sign-out')
      } catch (error) {
        // Nobody was signed in, or not any more.
        if (!(error instanceof ClientError && error.status === 401)) throw error
      }
      await keeper.close(session)
    },
    forget: () => keeper.close(),
    user: () => keeper.user(),
    onChange: (listener) => keeper.listen(listener),
    async accessToken() {
      const { header } = await keeper.proof()
      return header?.startsWith('Bearer ') ? header.slice(7) : null
    },
    fetch: (input, init) => transport(() => new Request(input instanceof Request ? input.clone() : input, init)),
    api,
    dispose: () => keeper.dispose(),
  }
}

/** Answers that are no success are thrown, so that nobody has to look for them. */
function typed(url: string, credentials: 'include' | 'same-origin', send: Fetch): Api {
  return createOpenApiClient<paths, `${string}/json`>({
    baseUrl: url,
    credentials,
    // Followed, a redirect would carry a password or a refresh token to wherever it leads.
    redirect: 'manual',
    fetch: async (request) => {
      const response = await send(request)
      if (isRedirect(response)) throw new ClientError('unexpected_answer', redirectText, response.status)
      // A page where JSON was asked for is from something in between, such as the sign-in of a network.
      if (!response.ok || isPage(response)) throw await errorOf(response)
      await demandWhole(response)
      return response
    },
  })
}

const redirectText = 'The server answered a redirect, which is not followed. Is url the address that it has now?'

/** A browser does not say which one it was. */
const isRedirect = ({ type, status }: Response): boolean =>
  type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status)

function dataOf<T>({ data }: { readonly data?: T }): NonNullable<T> {
  if (data === undefined || data === null) throw new ClientError('unexpected_answer', 'The answer is empty.', 200)
  return data
}

const isPage = ({ headers }: Response): boolean => /^text\/html\b/i.test(headers.get('Content-Type') ?? '')

function authorizationOf(credential: ClientOptions['credential']): string | null {
  if (credential === undefined) return null
  const [scheme, text] = 'apiKey' in credential ? ['ApiKey', credential.apiKey] : ['Bearer', credential.token]
  // Said here and without the text: the error of `Headers` would show it.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new TypeError('credential: no key has blanks or line breaks in it')
  return `${scheme} ${text}`
}

/** Without a trailing slash, a query or a fragment. */
function baseOf(wish: string | undefined): string {
  const url = wish ?? pageOrigin()
  if (url === null) throw new TypeError('url is needed where there is no page: createClient({ url: "https://..." })')
  const { protocol, origin, pathname } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError('url must begin with https: or http:')
  return (origin + pathname).replace(/\/+$/, '')
}
