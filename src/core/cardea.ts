import type { KeyTree } from '../crypto/key-tree.ts'
import type { Passwords } from '../crypto/password.ts'
import type { ApiName, Seconds } from '../types.ts'
import { type AccessTokens, createAccessTokens } from './access-tokens.ts'
import { type BackgroundDeps, createBackground } from './background.ts'
import { createBasicCache } from './basic-cache.ts'
import { type ChangeFeed, createChangeFeed } from './change-feed.ts'
import { type ChangeStreams, createChangeStreams } from './change-streams.ts'
import { type ClientCredentials, createClientCredentials } from './client-credentials.ts'
import { createCommit } from './commit.ts'
import { createConfirmation } from './confirmation.ts'
import { type CredentialAdministration, createCredentialAdministration } from './credential-administration.ts'
import { createCredentialRights } from './credential-rights.ts'
import { createDevices, type Devices } from './devices.ts'
import { createDocuments, type Documents } from './documents.ts'
import { createDoorLinks, type DoorLink, type DoorLinks } from './door-links.ts'
import { createEmailMark, type EmailMark } from './email-marks.ts'
import { createEventTail, type EventTail } from './event-tail.ts'
import { createEvents, type Events } from './events.ts'
import { createGuard, type Guard } from './guard.ts'
import { createGuardChecks } from './guard-checks.ts'
import { createIdentify } from './identify.ts'
import { createIdentityTokens, type IdentityTokens } from './identity-tokens.ts'
import { createImpersonation, type Impersonate } from './impersonation.ts'
import { createImpersonationEnds } from './impersonation-ends.ts'
import { createInstance, type Instance } from './instance.ts'
import { createJobs, createPhotoJobs, type Job } from './jobs.ts'
import { createKeys, type Keys } from './keys.ts'
import { createLastUsed } from './last-used.ts'
import { createLimits, type Limits } from './limits.ts'
import { createMails } from './mails.ts'
import { createMfa, type Mfa } from './mfa.ts'
import { createNames } from './names.ts'
import { createNewPasswords } from './new-passwords.ts'
import { createOneTimes } from './one-time.ts'
import { createPasswordCheck } from './password-check.ts'
import type { PhotoFiles } from './photo-ports.ts'
import { createPhotos, type Photos } from './photos.ts'
import { createPlaces } from './places.ts'
import type { Clock, Log, Mailer, Store } from './ports.ts'
import { createRights } from './rights.ts'
import { createRoles, type Roles } from './roles.ts'
import { createSessionSecrets } from './session-secrets.ts'
import { createSessions, type Sessions } from './sessions.ts'
import type { CoreSettings } from './settings.ts'
import { createSignIn, type SignIn } from './sign-in.ts'
import { createSigningKeys, type SigningKeys } from './signing-keys.ts'
import { createStaticKeys } from './static-keys.ts'
import { createStatistics, type Statistics } from './statistics.ts'
import { createTokenReminders } from './token-reminders.ts'
import { createTokenRevocation } from './token-revocation.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { createUsers, type Users } from './users.ts'
import { createVerdictCache } from './verdict-cache.ts'

export interface CoreDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly mailer: Mailer
  readonly passwords: Passwords
  readonly keyTree: KeyTree
  readonly settings: CoreSettings
  /** How links look in mails that other doors than the native one send. */
  readonly links?: Readonly<Partial<Record<ApiName, DoorLink>>>
  /** The photo library; absent: there is none. `scanSeconds`: how often it is scanned; null: only when told to. */
  readonly photos?: PhotoFiles & { readonly scanSeconds: Seconds | null }
  /** How long mails and other work wait that answers leave behind; for servers a random time. Default: not at all. */
  readonly backgroundDelay?: BackgroundDeps['delay']
}

export interface Core {
  readonly settings: CoreSettings
  readonly clock: Clock
  readonly roles: Roles
  readonly users: Users
  readonly signIn: SignIn
  readonly sessions: Sessions
  readonly accessTokens: AccessTokens
  readonly identityTokens: IdentityTokens
  readonly tokens: Tokens
  readonly keys: Keys
  readonly clientCredentials: ClientCredentials
  readonly mfa: Mfa
  readonly guard: Guard
  readonly signingKeys: SigningKeys
  readonly limits: Limits
  readonly events: Events
  readonly eventTail: EventTail
  readonly statistics: Statistics
  readonly credentials: CredentialAdministration
  readonly feed: ChangeFeed
  readonly changeStreams: ChangeStreams
  readonly devices: Devices
  readonly documents: Documents
  readonly doorLinks: DoorLinks
  readonly photos: Photos
  readonly emailMark: EmailMark
  readonly impersonate: Impersonate
  readonly instance: Instance
  /** What the server has to repeat as long as it runs. */
  readonly jobs: readonly Job[]
  /** Writes last-used and last-seen times and audits first uses. */
  flush(): Promise<void>
  /** Waits for mails and other work that answers left behind. */
  idle(): Promise<void>
  /** Waits for mails and other work that answers left behind, flushes, and stops the feed. Does not close the store. */
  close(): Promise<void>
}

/**
 * Wires the services over one store. The caller starts the feed (`core.feed.start()`) and runs the jobs; without that
 * the core still answers rightly, only caches hear of other processes' changes with the next command.
 * CardeaError `internal` when stored signing keys or second factors cannot be read with the configured secret, or a
 * static key is bad.
 */
export async function createCore(deps: CoreDeps): Promise<Core> {
  const { store, clock, log, mailer, passwords, keyTree, settings } = deps
  const { links = {}, photos: files = null, backgroundDelay } = deps

  const feed = createChangeFeed({ store, clock, log, boundMillis: settings.feedBoundMillis })
  const commit = createCommit({ store, feed })
  const background = createBackground({ log, ...(backgroundDelay !== undefined && { delay: backgroundDelay }) })
  const events = createEvents({ store, clock, keyTree, settings })
  const roles = createRoles({ settings })
  const rights = createRights({ roles })
  const lastUsed = createLastUsed()
  const base = { store, clock, log, keyTree, settings, commit, events, roles, lastUsed, background, passwords }

  const places = createPlaces(base)
  const limits = createLimits({ ...base, places })
  const mails = createMails({ mailer, clock, log, settings, background })
  const oneTimes = createOneTimes(base)
  const doorLinks = createDoorLinks({ keyTree, oneTimes, links })
  const mfa = createMfa({ ...base, mails, rights })
  const identify = createIdentify(base)
  const names = createNames(base)
  const confirmation = createConfirmation({ ...base, limits, mails, names, oneTimes, doorLinks })
  const passwordCheck = createPasswordCheck({ ...base, limits, identify, confirmation })
  const basicCache = createBasicCache({ clock, max: Math.max(settings.cacheSize, 1) })
  const signIn = createSignIn({ ...base, limits, mails, mfa, oneTimes, doorLinks, identify, passwordCheck, basicCache })
  const newPasswords = createNewPasswords(base)
  const photos = createPhotos({ store, clock, events, files })
  const users = createUsers({
    ...base,
    forgetPhotos: photos.forgetUser,
    rights,
    limits,
    mails,
    oneTimes,
    identify,
    names,
    confirmation,
    doorLinks,
    newPasswords,
    passwordCheck,
  })

  const signingKeys = createSigningKeys({ ...base, feed })
  const accessTokens = createAccessTokens({ clock, signingKeys, settings })
  const identityTokens = createIdentityTokens({ clock, signingKeys, settings })
  const secrets = createSessionSecrets({ keyTree })
  const credentials = {
    ...base,
    mails,
    rights: createCredentialRights({ store, roles }),
    management: rights,
    signingKeys,
    accessTokens,
    secrets,
  }
  const keys = createKeys(credentials)
  const tokens = createTokens(credentials)
  const sessions = {
    ...createSessions(credentials),
    revokeByToken: createTokenRevocation({ ...credentials, keys, tokens }),
  }
  const staticKeys = createStaticKeys(base)
  const cache = createVerdictCache({ max: settings.cacheSize })
  const check = createGuardChecks({ ...credentials, basic: signIn.basic })
  const guard = createGuard({ clock, feed, cache, check, staticKeys, lastUsed })

  feed.subscribe(({ kind, id }) => {
    guard.forget(kind, id)
    if (kind === 'restore') signIn.forget()
    if (kind === 'user') signIn.forget(id)
    if (kind === 'restore' || kind === 'signing-key') {
      signingKeys.reload()
      identityTokens.forget()
    }
  })
  await feed.sync()
  await signingKeys.check()
  await mfa.checkBoxes()

  const changeStreams = createChangeStreams({ store, clock, feed, settings })
  const eventTail = createEventTail({ store, log })

  const flush = async () => {
    await sessions.flush()
    await keys.flush()
    await tokens.flush()
    await staticKeys.flush()
  }

  return {
    settings,
    clock,
    roles,
    users,
    signIn,
    sessions,
    accessTokens,
    identityTokens,
    tokens,
    keys,
    clientCredentials: createClientCredentials(credentials),
    mfa,
    guard,
    signingKeys,
    limits,
    events,
    eventTail,
    statistics: createStatistics({ store, clock }),
    credentials: createCredentialAdministration({ store, clock, keys, tokens, rights }),
    feed,
    changeStreams,
    devices: createDevices({ keyTree, places }),
    documents: createDocuments({ ...base, limits }),
    doorLinks,
    photos,
    emailMark: createEmailMark(keyTree),
    impersonate: createImpersonation({ store, rights, sessions, mails }),
    instance: createInstance(base),
    jobs: [
      ...createJobs({
        store,
        clock,
        log,
        flush,
        tendSigningKeys: signingKeys.tend,
        purgeEvents: events.purge,
        closeImpersonations: createImpersonationEnds({ store, clock, events }),
        remindTokens: createTokenReminders({ ...base, mails }),
      }),
      ...(files === null ? [] : createPhotoJobs({ photos, log, scanSeconds: files.scanSeconds })),
    ],
    flush,
    idle: background.idle,
    async close() {
      changeStreams.end()
      eventTail.end()
      await background.idle()
      feed.stop()
      await flush()
    },
  }
}
