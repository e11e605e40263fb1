import type { CoreSettings } from '../../core/settings.ts'
import type { Millis, Seconds } from '../../types.ts'
import type { Api, HelpMethod, HelpSection } from '../api.ts'
import { sessionCookieName } from './routes/common.ts'
import { iso } from './wire.ts'

/** One way to authenticate here, as data and, on the page, as a section. */
export interface NativeHelpMethod extends HelpMethod {
  readonly title: string
  /** The kind of the credential, as in `credential.kind` of `GET /auth/me`. */
  readonly kind: string
  readonly purpose: string
  /** Where the credential comes from. */
  readonly obtain: string
  /** A line that gets it, where one call does. */
  readonly obtain_curl?: string
  /** How it is sent with a request. */
  readonly send: string
  /** A line that calls an address with it. */
  readonly curl: string
  readonly lifetime: string
  readonly lifetime_seconds?: Seconds
}

export interface HelpDocument {
  readonly about: string
  readonly authentication: Readonly<Record<string, HelpMethod | readonly string[]>>
  readonly useful_endpoints: Readonly<Record<string, string>>
  readonly examples: Readonly<Record<string, string>>
  readonly documentation: Readonly<Record<string, string>>
}

export interface HelpDeps {
  /** Each may contribute a section. */
  readonly apis: readonly Pick<Api, 'description'>[]
  readonly settings: Pick<
    CoreSettings,
    | 'signUp'
    | 'confirmEmail'
    | 'accessTokenSeconds'
    | 'session'
    | 'privateTokenMaxSeconds'
    | 'lifetimes'
    | 'staticKeys'
    | 'freshSeconds'
  >
  /** Without a trailing slash. */
  readonly publicUrl: string
  /** The OpenAPI document and the viewers are served. */
  readonly documents: boolean
  /** There is no administrator yet. */
  readonly needsSetUp: boolean
  readonly now: Millis
}

const units: readonly (readonly [Seconds, string])[] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
]

/** `5400` is `90 minutes`: the largest unit that fits evenly. */
export function duration(seconds: Seconds): string {
  const [size, name] = units.find(([unit]) => seconds >= unit && seconds % unit === 0) ?? [1, 'second']
  const count = seconds / size
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

const json = "-H 'Content-Type: application/json'"
const bearer = '-H "Authorization: Bearer $ACCESS_TOKEN"'
const identity = '\\"identifier\\":\\"$IDENTIFIER\\",\\"password\\":\\"$PASSWORD\\"'

type Lines = ReturnType<typeof curlLines>

/** Every line works as it is pasted; shell variables stand only where a secret or a name of the caller's goes. */
function curlLines(base: string, { privateTokenMaxSeconds }: HelpDeps['settings'], now: Millis) {
  const expiry = iso(now + Math.min(privateTokenMaxSeconds, 30 * 86_400) * 1000)
  const signIn = (members = '') => `curl -sS ${base}/auth/sign-in ${json} -d "{${identity}${members}}"`
  const link = (body: string) => `curl -sS ${base}/auth/sign-in/link ${json} -d "{${body}}"`
  return {
    setUp: `curl -sS ${base}/auth/setup ${json} -d "{\\"code\\":\\"$SETUP_CODE\\",\\"username\\":\\"$IDENTIFIER\\",\\"password\\":\\"$PASSWORD\\"}"`,
    signUp: `curl -sS ${base}/auth/sign-up ${json} -d "{\\"username\\":\\"$IDENTIFIER\\",\\"email\\":\\"$EMAIL\\",\\"password\\":\\"$PASSWORD\\"}"`,
    signIn: signIn(),
    signInBearer: signIn(',\\"mode\\":\\"bearer\\"'),
    signInCookie: `${signIn(',\\"mode\\":\\"cookie\\"')} -H 'Origin: ${new URL(base).origin}' -c cardea-cookies.txt`,
    signInCode: signIn(',\\"code\\":\\"$CODE\\"'),
    refresh: `curl -sS ${base}/auth/refresh ${json} -d "{\\"refresh_token\\":\\"$REFRESH_TOKEN\\"}"`,
    askLink: link('\\"identifier\\":\\"$IDENTIFIER\\"'),
    useLink: link('\\"token\\":\\"$LINK_TOKEN\\"'),
    makeKey: `curl -sS ${base}/auth/keys ${bearer} ${json} -d '{"name":"my script"}'`,
    makeToken: `curl -sS ${base}/auth/tokens ${bearer} ${json} -d '{"name":"my script","expires_at":"${expiry}"}'`,
    clientCredentials: `curl -sS ${base}/oauth/token -u "$KEY_ID:$KEY_SECRET" -d grant_type=client_credentials`,
    withAccessToken: `curl -sS ${base}/auth/me ${bearer}`,
    withBearerToken: `curl -sS ${base}/auth/me -H "Authorization: Bearer $BEARER_TOKEN"`,
    withPrivateToken: `curl -sS ${base}/auth/me -H "Authorization: Bearer $PRIVATE_TOKEN"`,
    withCookie: `curl -sS ${base}/auth/me -H 'Origin: ${new URL(base).origin}' -b cardea-cookies.txt`,
    withKeyBasic: `curl -sS ${base}/auth/me -u "$KEY_ID:$KEY_SECRET"`,
    withKeyAuthorization: `curl -sS ${base}/auth/me -H "Authorization: ApiKey $API_KEY"`,
    withKeyHeader: `curl -sS ${base}/auth/me -H "X-API-Key: $API_KEY"`,
    withStaticKey: `curl -sS ${base}/metrics -H "X-API-Key: $STATIC_KEY"`,
    withPassword: `curl -sS ${base}/auth/me -u "$IDENTIFIER:$PASSWORD"`,
  } as const
}

function methodsOf(
  base: string,
  settings: HelpDeps['settings'],
  line: Lines,
): Readonly<Record<string, NativeHelpMethod>> {
  const { session, accessTokenSeconds, lifetimes, privateTokenMaxSeconds, freshSeconds } = settings
  const sessionLife = `${duration(session.idleSeconds)} without use, ${duration(session.absoluteSeconds)} at most`
  const key = {
    kind: 'api-key',
    obtain: `${base}/auth/keys`,
    obtain_curl: line.makeKey,
    lifetime: 'Until it is revoked, or until its `expires_at` where one was given.',
  }
  return {
    jwt: {
      title: 'Password to access token',
      kind: 'access-token',
      purpose: 'For apps and scripts that act for a person.',
      how_to: `POST your name and password to ${base}/auth/sign-in, then send the answered access_token with each request as Authorization: Bearer <access_token>.`,
      obtain: `${base}/auth/sign-in`,
      refresh: `${base}/auth/refresh`,
      obtain_curl: line.signIn,
      send: 'Authorization: Bearer <access_token>',
      curl: line.withAccessToken,
      lifetime: `${duration(accessTokenSeconds)}, and never longer than its session.`,
      lifetime_seconds: accessTokenSeconds,
    },
    refresh: {
      title: 'Refresh token',
      kind: 'refresh-token',
      purpose: 'Gets the next access token without the password.',
      how_to: `POST the refresh_token of the sign-in to ${base}/auth/refresh. The answer holds a new pair; the old refresh token is used up.`,
      obtain: `${base}/auth/sign-in`,
      send: '{"refresh_token": "..."} in the body',
      curl: line.refresh,
      lifetime: `One use (a repeat within ${duration(session.refreshGraceSeconds)} answers the same pair). Its session lives ${sessionLife}.`,
    },
    second_factor: {
      title: 'Password and code',
      kind: 'access-token',
      purpose: 'For accounts with a second factor.',
      how_to:
        'Add "code" to the sign-in: the six digits of the authenticator app, or a recovery code. Without it the answer is 403 mfa_required with an mfa_ticket for POST /auth/sign-in/mfa.',
      obtain: `${base}/auth/sign-in`,
      obtain_curl: line.signInCode,
      send: 'Authorization: Bearer <access_token>',
      curl: line.withAccessToken,
      lifetime: `As with the password alone. A ticket lives ${duration(lifetimes.factorTicket)}.`,
    },
    bearer_token: {
      title: 'Opaque bearer token',
      kind: 'bearer-token',
      purpose: 'For simple clients: one token, nothing to refresh.',
      how_to: `Sign in with "mode": "bearer" and send the answered token as Authorization: Bearer <token>.`,
      obtain: `${base}/auth/sign-in`,
      obtain_curl: line.signInBearer,
      send: 'Authorization: Bearer <token>',
      curl: line.withBearerToken,
      lifetime: sessionLife,
    },
    session_cookie: {
      title: 'Session cookie',
      kind: 'session-cookie',
      purpose: 'For pages of this site. Programs are better off with a token.',
      how_to: `Sign in with "mode": "cookie" from a page of ${new URL(base).origin}. Browsers prove by themselves which page asks (Sec-Fetch-Site, Origin); any other client sends Origin with this address.`,
      obtain: `${base}/auth/sign-in`,
      obtain_curl: line.signInCookie,
      send: `Cookie: ${sessionCookieName(base)}=<value>`,
      curl: line.withCookie,
      lifetime: sessionLife,
    },
    magic_link: {
      title: 'Sign-in link',
      kind: 'one-time',
      purpose: 'Signs in without the password, by a mail to your proven address.',
      how_to: `POST your name or address to ${base}/auth/sign-in/link. The mail has a link for the browser and a token that signs in by a second POST to the same address.`,
      obtain: `${base}/auth/sign-in/link`,
      obtain_curl: line.askLink,
      send: '{"token": "..."} in the body',
      curl: line.useLink,
      lifetime: `One use within ${duration(lifetimes.signInLink)}.`,
      lifetime_seconds: lifetimes.signInLink,
    },
    basic: {
      title: 'API key as HTTP Basic',
      purpose: 'For programs, with every HTTP client there is.',
      how_to: `Make a key with POST ${base}/auth/keys, then send Authorization: Basic base64(id:secret). A user name and password work in the same way at ${base}/auth/me.`,
      send: 'Authorization: Basic base64(id:secret)',
      curl: line.withKeyBasic,
      ...key,
    },
    api_key_authorization: {
      title: 'API key in Authorization',
      purpose: 'For programs that carry the key as one string.',
      how_to: `Make a key with POST ${base}/auth/keys, then send its token as Authorization: ApiKey <token>.`,
      send: 'Authorization: ApiKey cardea_...',
      curl: line.withKeyAuthorization,
      ...key,
    },
    api_key_header: {
      title: 'API key in X-API-Key',
      purpose: 'For gateways and tools that keep Authorization for themselves.',
      how_to: `Make a key with POST ${base}/auth/keys, then send its token as X-API-Key: <token>.`,
      send: 'X-API-Key: cardea_...',
      curl: line.withKeyHeader,
      ...key,
    },
    ...(settings.staticKeys.some(({ api }) => api === 'native') ? { static_key: staticKey(line) } : {}),
    private_token: {
      title: 'Private token',
      kind: 'private-token',
      purpose: 'A long-living JWT with a name, for scripts and continuous integration.',
      how_to: `Make it with POST ${base}/auth/tokens in a session that proved its factors within ${duration(freshSeconds)}, then send it as Authorization: Bearer <token>.`,
      obtain: `${base}/auth/tokens`,
      obtain_curl: line.makeToken,
      send: 'Authorization: Bearer <token>',
      curl: line.withPrivateToken,
      lifetime: `Until its expires_at (${duration(privateTokenMaxSeconds)} ahead at most), or until it is revoked.`,
      lifetime_seconds: privateTokenMaxSeconds,
    },
    basic_password: {
      title: 'Password as HTTP Basic',
      kind: 'password',
      purpose: 'For a quick look. Only GET /auth/me takes it, and not for accounts with a second factor.',
      how_to: 'Send Authorization: Basic base64(name:password).',
      obtain: settings.signUp === 'open' ? `${base}/auth/sign-up` : `${base}/auth/password/forgot`,
      send: 'Authorization: Basic base64(name:password)',
      curl: line.withPassword,
      lifetime: 'Until the password is changed.',
    },
    client_credentials: {
      title: 'API key to access token',
      kind: 'access-token',
      purpose: 'For programs that speak OAuth 2.0 (client_credentials, RFC 6749, section 4.4).',
      how_to: `POST grant_type=client_credentials to ${base}/oauth/token with the key as HTTP Basic, then send the answered access_token as Authorization: Bearer <access_token>.`,
      obtain: `${base}/oauth/token`,
      obtain_curl: line.clientCredentials,
      send: 'Authorization: Bearer <access_token>',
      curl: line.withAccessToken,
      lifetime: `${duration(accessTokenSeconds)}, and never longer than the key.`,
      lifetime_seconds: accessTokenSeconds,
    },
  }
}

function staticKey(line: Lines): NativeHelpMethod {
  return {
    title: 'Static key',
    kind: 'static-key',
    purpose: 'For programs of the operator. It has a role but no user, so addresses of a user refuse it.',
    how_to:
      'Ask the operator for a key that stands in the configuration, and send it as X-API-Key: <key> or Authorization: ApiKey <key>. The line needs a key whose role has `events:read`.',
    obtain: 'The configuration of this server (`staticKeys`).',
    send: 'X-API-Key: <key>',
    curl: line.withStaticKey,
    lifetime: 'As long as it stands in the configuration.',
  }
}

function endpointsOf(base: string, { settings, documents, needsSetUp }: HelpDeps): Readonly<Record<string, string>> {
  return {
    help: `${base}/api/help`,
    ...(needsSetUp ? { set_up: `${base}/auth/setup`, set_up_page: `${base}/auth/page/setup` } : {}),
    ...(settings.signUp === 'open' ? { sign_up: `${base}/auth/sign-up` } : {}),
    sign_in: `${base}/auth/sign-in`,
    sign_out: `${base}/auth/sign-out`,
    me: `${base}/auth/me`,
    sessions: `${base}/auth/sessions`,
    api_keys: `${base}/auth/keys`,
    private_tokens: `${base}/auth/tokens`,
    second_factor: `${base}/auth/mfa/totp`,
    oauth_token: `${base}/oauth/token`,
    oauth_metadata: `${base}/.well-known/oauth-authorization-server`,
    jwks: `${base}/.well-known/jwks.json`,
    health: `${base}/healthz`,
    ...(documents
      ? { openapi_schema: `${base}/api/schema`, swagger_ui: `${base}/api/swagger`, redoc: `${base}/api/redoc` }
      : {}),
  }
}

function nativeSection(deps: HelpDeps): HelpSection {
  const { publicUrl: base, settings, documents, needsSetUp, now } = deps
  const line = curlLines(base, settings, now)
  return {
    authentication: methodsOf(base, settings, line),
    useful_endpoints: endpointsOf(base, deps),
    examples: {
      ...(needsSetUp ? { make_first_administrator_curl: line.setUp } : {}),
      ...(settings.signUp === 'open' && !needsSetUp ? { sign_up_curl: line.signUp } : {}),
      obtain_token_curl: line.signIn,
      call_api_with_bearer: line.withAccessToken,
      call_api_with_basic: line.withKeyBasic,
    },
    documentation: {
      api_authentication: `${base}/api/help`,
      ...(documents ? { openapi: `${base}/api/schema` } : {}),
      errors:
        'Every failure is a problem document (RFC 9457, application/problem+json): `code` says which, `errors` names the fields, a 401 carries WWW-Authenticate where a credential would help.',
      limits: 'A limit that was hit answers 429 with Retry-After, never 401. Keys and tokens have no quota.',
    },
  }
}

/** Members of the same name are merged; those of the later section win. */
function merge<T>(
  first: Readonly<Record<string, T>> = {},
  second: Readonly<Record<string, T>> = {},
): Readonly<Record<string, T>> {
  const merged: Record<string, T> = { ...first }
  for (const [name, value] of Object.entries(second)) {
    const before = merged[name]
    const plain = (each: unknown): each is object => typeof each === 'object' && each !== null && !Array.isArray(each)
    merged[name] = plain(before) && plain(value) ? { ...before, ...value } : value
  }
  return merged
}

/** How to authenticate at this server, made of its settings of now. Holds no secret. */
export function helpDocument(deps: HelpDeps): HelpDocument {
  const sections = [nativeSection(deps), ...deps.apis.flatMap(({ description }) => description.help ?? [])]
  const all = <K extends keyof HelpSection>(key: K) =>
    sections.reduce<HelpSection[K]>((merged, section) => merge<unknown>(merged, section[key]) as HelpSection[K], {}) ??
    {}
  return {
    about: deps.needsSetUp
      ? 'How to authenticate at this server. It has no administrator yet: whoever runs it makes the first one with the set-up code that was printed at the start.'
      : 'How to authenticate at this server. Every line below works when it is pasted into a shell; fill the variables first.',
    authentication: all('authentication') as HelpDocument['authentication'],
    useful_endpoints: all('useful_endpoints') as HelpDocument['useful_endpoints'],
    examples: all('examples') as HelpDocument['examples'],
    documentation: all('documentation') as HelpDocument['documentation'],
  }
}
