import { availableParallelism } from 'node:os'
import { accessOptions, type RuleDeclaration } from './access.ts'
import { doorOptions } from './doors.ts'
import {
  boolean,
  choice,
  cookiePrefix,
  databaseUrl,
  host,
  hostName,
  integer,
  list,
  mailbox,
  network,
  optional,
  origin,
  smtpUrl,
  text,
} from './kinds.ts'
import { count, DAY, derived, type Option, option, seconds, YEAR } from './option.ts'
import { photoOptions } from './photos.ts'
import { type PieceDeclaration, pieceTypes } from './pieces.ts'
import { secret } from './secret.ts'
import { apostropheKeys, roleNames, roleTable, staticKeys } from './structured.ts'
import { gatewayOptions, type UpstreamDeclaration } from './upstreams.ts'

/** Every setting there is. Types, checks, the documentation and the list of variables are all made from this table. */
export const options = {
  // ── where it runs ───────────────────────────────────────────────────────────────────────────────────────────────
  host: option(host, '127.0.0.1', {
    doc: 'Name or address to listen on; `0.0.0.0` or `::` for all.',
    flag: '--host',
    strict: 'Listening on all addresses needs `publicUrl`.',
  }),
  port: option(integer(0, 65_535), 4000, { doc: 'TCP port to listen on; 0 lets the system choose.', flag: '--port' }),
  publicUrl: derived(origin, '`http://<host>:<port>`', {
    doc: 'Address at which callers reach this server: links in mails, the issuer of tokens and all printed examples are made from it.',
    strict: 'Must be https unless `allowInsecure`.',
  }),
  dataDir: option(text(), './data', {
    doc: 'Folder for the database, the secret and written mails; made with mode 0700.',
    flag: '--data-dir',
  }),
  databaseUrl: option(optional(databaseUrl), null, {
    doc: 'PostgreSQL database to use in place of SQLite in the data folder.',
    secret: true,
    flag: '--database-url',
    strict: 'Needs `secret`, since all nodes must have the same.',
  }),
  databasePoolSize: count(10, 'Connections to PostgreSQL at most.', 1, 500),
  secret: option(optional(secret), null, {
    defaultText: 'kept in `<dataDir>/secret`',
    doc: 'Root secret that all internal keys are derived from.',
    secret: true,
    strict: 'Required with PostgreSQL.',
  }),
  previousSecrets: option(list(secret, 10), [], {
    doc: 'Earlier root secrets, so that what was sealed under them can still be opened.',
    secret: true,
  }),
  strict: option(choice('auto', 'on', 'off'), 'auto', {
    doc: 'Strict mode: `auto` turns it on under NODE_ENV=production and when host or public URL is not loopback.',
  }),
  allowInsecure: option(boolean, false, {
    doc: 'Allow an http public URL, and mail sent without TLS, in strict mode.',
  }),

  // ── the web ─────────────────────────────────────────────────────────────────────────────────────────────────────
  audience: derived(text(1, 500), 'the public URL', { doc: 'Audience (`aud`) of the tokens that are issued.' }),
  trustedProxies: option(list(network), [], {
    doc: 'Addresses or CIDR blocks of reverse proxies whose X-Forwarded headers are believed.',
    strict: 'Required where the server listens on loopback and the public URL is elsewhere.',
  }),
  allowedHosts: option(list(hostName), [], {
    doc: 'Further `Host` names that are answered, besides the public one and loopback.',
  }),
  corsOrigins: option(list(origin), [], { doc: 'Origins of web pages that may call the native API from a browser.' }),
  bodyLimitBytes: count(65_536, 'Largest request body that is read.', 1024, 64 * 1_048_576, 'bytes'),
  'console.enabled': option(boolean, true, {
    doc: 'Serve the console at `/console`: account pages for people, administration for operators.',
  }),
  'console.idleSeconds': seconds(1800, 'The console signs out where nothing was done for this long.', 60, DAY),
  documents: option(choice('development', 'always', 'never'), 'development', {
    doc: 'When the OpenAPI document and its viewers are served; `development` means unless strict mode is on.',
  }),

  // ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────
  signUp: option(choice('open', 'invite', 'closed'), 'open', {
    doc: 'Who may make an account: anybody, those with an invitation, nobody.',
  }),
  confirmEmail: option(boolean, true, { doc: 'New accounts stay pending until the mailed link was used.' }),
  'password.minLength': count(8, 'Shortest new password.', 8, 128, 'characters'),
  'password.maxLength': count(256, 'Longest new password.', 64, 256, 'characters'),
  'passwordHash.memoryKib': count(19_456, 'Memory of one Argon2id hash.', 64, 1_048_576, 'KiB'),
  'passwordHash.passes': count(2, 'Passes of Argon2id.', 1, 16),
  'passwordHash.lanes': count(1, 'Lanes of Argon2id.', 1, 16),
  'passwordHash.parallel': option(integer(1, 64), Math.max(1, Math.min(4, availableParallelism())), {
    doc: 'Hashes computed at the same time.',
    defaultText: 'one a processor, at most 4',
  }),
  'passwordHash.queue': count(100, 'Hashes that may wait; beyond it callers are told to come back.', 1, 10_000),
  'totp.issuer': option(text(1, 64), 'Cardea', { doc: 'Name that authenticator apps show.' }),
  'totp.drift': count(1, 'Time steps of 30 s that a code may be early or late.', 0, 5, 'steps'),
  'totp.singleUse': option(boolean, true, { doc: 'Accept each code once only.' }),
  requireFactor: derived(roleNames, 'none; `admin` in strict mode', {
    doc: 'Roles that must have a second factor before they may do more than enrol one.',
  }),
  roles: option(
    roleTable,
    {},
    {
      defaultText: 'the built-in roles',
      doc: 'Scopes by role; roles named here are added to the built-in ones or replace them.',
    },
  ),
  staticKeys: option(staticKeys, [], {
    doc: 'Keys that stand in the configuration: `{ name, key, role, api }` each.',
    secret: true,
    strict: 'Keys must have 32 characters or more.',
  }),

  // ── sessions and tokens ─────────────────────────────────────────────────────────────────────────────────────────
  accessTokenSeconds: seconds(3600, 'Life of an access token of the native API.', 30, DAY),
  'session.idleSeconds': seconds(14 * DAY, 'A session ends when it was not used for this long.', 60),
  'session.absoluteSeconds': seconds(90 * DAY, 'A session ends this long after its sign-in, whatever happens.', 60),
  'session.refreshGraceSeconds': seconds(
    30,
    'How long a refresh token that was just rotated still gets the same successor.',
    0,
    300,
  ),
  'session.maxPerUser': count(100, 'Sessions of one user; more end the oldest.', 1, 1000),
  privateTokenMaxSeconds: seconds(YEAR, 'Longest life of a private token.', 3600, 10 * YEAR),
  privateTokenNoticeSeconds: seconds(
    7 * DAY,
    'How long before the end of a private token its owner is mailed; 0 for never.',
    0,
    YEAR,
  ),
  freshSeconds: seconds(600, 'How long a proof of all factors counts as fresh.', 30, DAY),
  'signing.algorithm': option(choice('ES256', 'EdDSA', 'RS256'), 'ES256', { doc: 'Algorithm of new signing keys.' }),
  'signing.rotateSeconds': seconds(90 * DAY, 'Age at which the next signing key takes over.', 3600, 10 * YEAR),
  'signing.publishAheadSeconds': seconds(
    2 * DAY,
    'How long the next signing key is published before it signs.',
    60,
    30 * DAY,
  ),
  'lifetimes.signInLink': seconds(600, 'Life of a mailed sign-in link.', 60, DAY),
  'lifetimes.resetLink': seconds(1800, 'Life of a password reset link.', 60, DAY),
  'lifetimes.confirmLink': seconds(DAY, 'Life of an e-mail confirmation link.', 60, 30 * DAY),
  'lifetimes.undoLink': seconds(3 * DAY, 'Life of the link that undoes a change of e-mail.', 3600, 30 * DAY),
  'lifetimes.invitation': seconds(7 * DAY, 'Life of an invitation.', 3600, 90 * DAY),
  'lifetimes.setUpCode': seconds(3600, 'Life of the code that makes the first administrator.', 60, DAY),
  'lifetimes.factorTicket': seconds(300, 'Time for the second factor after the password.', 30, 3600),
  'lifetimes.pendingFactor': seconds(600, 'Time to confirm a new second factor.', 60, 3600),
  'lifetimes.nameReservation': seconds(
    90 * DAY,
    'How long the names of a deleted account stay reserved.',
    0,
    10 * YEAR,
  ),
  'lifetimes.events': seconds(YEAR, 'How long audit events are kept.', DAY, 100 * YEAR),

  // ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────
  'limits.enabled': option(boolean, true, { doc: 'Limit password and code checks, mails and other costly calls.' }),
  'limits.address.points': count(
    60,
    'Checks of a password or code from one address (IPv6: /64) in a window.',
    1,
    1_000_000,
  ),
  'limits.address.windowSeconds': seconds(600, 'Window of that limit.', 1, 7 * DAY),
  'limits.user.points': count(
    10,
    'Password checks for one user from addresses and devices that this user never signed in from.',
    1,
    1_000_000,
  ),
  'limits.user.windowSeconds': seconds(900, 'Window of that limit.', 1, 7 * DAY),
  'limits.knownUser.points': count(20, 'Password checks for one user from known addresses and devices.', 1, 1_000_000),
  'limits.knownUser.windowSeconds': seconds(900, 'Window of that limit.', 1, 7 * DAY),
  'limits.strangers.points': count(
    50,
    'Failed password checks from places that their user never signed in from, all users together; raise it with the number of users.',
    1,
    1_000_000,
  ),
  'limits.strangers.windowSeconds': seconds(900, 'Window of that limit.', 1, 7 * DAY),
  'limits.mail.points': count(10, 'Calls that send mail or cost as much, from one address in a window.', 1, 1_000_000),
  'limits.mail.windowSeconds': seconds(3600, 'Window of that limit.', 1, 7 * DAY),
  'limits.questions.points': count(
    120,
    'Questions about documents that no index answers (searches, counts, several fields at once), from one address in a window, of nobody in particular and of guests.',
    1,
    1_000_000,
  ),
  'limits.questions.windowSeconds': seconds(60, 'Window of that limit.', 1, 7 * DAY),

  // ── mail ────────────────────────────────────────────────────────────────────────────────────────────────────────
  'smtp.url': option(optional(smtpUrl), null, {
    defaultText: 'none',
    doc: 'SMTP server that sends the mails, with user and password.',
    secret: true,
    strict: 'Required unless `outbox` is set.',
  }),
  'smtp.from': derived(mailbox, '`Cardea <no-reply@<public host>>`', { doc: 'Sender of the mails.' }),
  outbox: derived(boolean, 'true; false in strict mode and where `smtp.url` is set', {
    doc: 'Without SMTP, write mails to `<dataDir>/outbox`.',
    strict: 'Refused unless set to true by name, since the files hold working links.',
  }),

  // ── other contracts ─────────────────────────────────────────────────────────────────────────────────────────────
  ...doorOptions('freesewing', 'FreeSewing', '*'),
  'freesewing.tokenSeconds': seconds(
    7 * DAY,
    'Life of a token of the FreeSewing API and of its session.',
    60,
    30 * DAY,
  ),
  'freesewing.keyMaxSeconds': seconds(YEAR, 'Longest life of an API key made at the FreeSewing API.', 3600, 10 * YEAR),
  'freesewing.revealUnknown': option(boolean, false, {
    doc: 'Let the FreeSewing API say who has an account: sign-in links for unknown users are refused, profiles are found by e-mail address.',
  }),
  'freesewing.keysChangeCredentials': option(boolean, false, {
    doc: 'Let API keys change password and e-mail address at the FreeSewing API.',
  }),

  ...doorOptions('apostrophe', 'ApostropheCMS', '*'),
  'apostrophe.shortName': option(cookiePrefix, 'cardea', {
    doc: 'What the cookies of the ApostropheCMS API begin with, as in `cardea.sid`; the `shortName` of the project.',
  }),
  'apostrophe.apiKeys': option(apostropheKeys, [], {
    doc: 'Keys of the ApostropheCMS API: `{ KEY: { role, name? } }` with role guest, contributor, editor or admin; the name is what the audit log calls it.',
    defaultText: 'none',
    secret: true,
    strict: 'Keys must have 32 characters or more.',
  }),
  'apostrophe.tokenSeconds': seconds(14 * DAY, 'Life of a bearer token of the ApostropheCMS API.', 60, YEAR),
  'apostrophe.maxPerPage': count(200, 'Documents of one page at most, whatever `perPage` asks for.', 1, 1000),
  pieces: option(pieceTypes, [], {
    defaultText: 'none',
    doc: 'Piece types of the ApostropheCMS API: `{ NAME: { fields, publicApiProjection?, url?, guestApiAccess?, viewRole?, editRole?, publishRole?, indexes? } }`.',
  }),

  ...doorOptions('librephotos', 'LibrePhotos', []),
  'librephotos.accessSeconds': seconds(3600, 'Life of an access token of the LibrePhotos API.', 30, DAY),
  'librephotos.refreshSeconds': seconds(
    7 * DAY,
    'Life of a refresh token of the LibrePhotos API and of its session.',
    3600,
    30 * DAY,
  ),
  'librephotos.cookie': option(choice('strict', 'original', 'cross-site'), 'strict', {
    doc: 'How the LibrePhotos API sets its `jwt` cookie: `strict` out of reach of scripts and SameSite=Lax, `original` bare, `cross-site` for a front end on another site.',
    strict: '`cross-site` needs an https public URL, always.',
  }),
  'librephotos.basic': option(boolean, true, {
    doc: 'Let the LibrePhotos API take user name and password with each request, as HTTP Basic.',
  }),
  'librephotos.openFirstSetup': option(boolean, false, {
    doc: 'Let the first sign-up at the LibrePhotos API from this machine make the administrator, without the set-up code. Never with a proxy or a tunnel in front.',
    strict: 'Refused, and always where the server listens on more than loopback.',
  }),
  ...photoOptions,
  ...doorOptions('hautai', 'Haut.AI', []),

  // ── other services ──────────────────────────────────────────────────────────────────────────────────────────────
  ...accessOptions,
  ...gatewayOptions,

  // ── operation ───────────────────────────────────────────────────────────────────────────────────────────────────
  'log.level': option(choice('debug', 'info', 'warn', 'error', 'silent'), 'info', {
    doc: 'Least important kind of message that is logged.',
  }),
  'changes.maxStreams': count(200, 'Guards elsewhere that may follow `/auth/changes` at a time.', 1, 10_000),
  'changes.maxStreamsPerUser': count(100, 'Of these, with credentials of one user.', 1, 10_000),
  'changes.heartbeatSeconds': seconds(3, 'How often a stream of `/auth/changes` says that it is alive.', 1, 60),
  feedBoundMillis: count(
    3000,
    'Cached verdicts count only while the change feed was read within this time.',
    500,
    60_000,
    'milliseconds',
  ),
  cacheSize: count(50_000, 'Verified credentials kept in memory at most.', 100, 10_000_000),
} as const satisfies Record<string, Option<never> | Option<unknown>>

export type OptionPath = keyof typeof options
export type ValueOf<P extends OptionPath> = (typeof options)[P] extends Option<infer T> ? T : never
/** One value for each setting; undefined where the default follows from others. */
export type Values = { readonly [P in OptionPath]: ValueOf<P> | undefined }

/** `session.idleSeconds` -> `CARDEA_SESSION_IDLE_SECONDS`. */
export function variableOf(path: string): string {
  return `CARDEA_${path
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replaceAll('.', '_')
    .toUpperCase()}`
}

export const optionPaths = Object.keys(options) as readonly OptionPath[]

type Nested<P extends string, T> = P extends `${infer Head}.${infer Rest}`
  ? { readonly [K in Head]?: Nested<Rest, T> }
  : { readonly [K in P]?: T }
type Both<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never

/** Where what is written is not what is made of it. */
interface Written {
  'apostrophe.apiKeys': Readonly<Record<string, { readonly role: string; readonly name?: string }>>
  pieces: Readonly<Record<string, PieceDeclaration>>
  rules: readonly RuleDeclaration[]
  upstreams: readonly UpstreamDeclaration[]
}
type WrittenOf<P extends OptionPath> = P extends keyof Written ? Written[P] : ValueOf<P>

/** What `cardea.config.ts` exports: any part of the settings, nested as their dotted paths say. */
export type Settings = Both<{ [P in OptionPath]: Nested<P, WrittenOf<P>> }[OptionPath]>

/** Gives an editor the names and types of the settings. Answers what it was given. */
export function defineConfig(settings: Settings): Settings {
  return settings
}
