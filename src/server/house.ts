import { type Config, withDefaultUrl } from '../config/config.ts'
import { makeDataFolder, openRootSecret } from '../config/root-secret.ts'
import { type Core, createCore } from '../core/cardea.ts'
import { demandFittingSecret } from '../core/instance.ts'
import type { Job } from '../core/jobs.ts'
import type { Clock, Log, Mailer, Store } from '../core/ports.ts'
import { createKeyTree, type KeyTree } from '../crypto/key-tree.ts'
import { createPasswords, type Passwords } from '../crypto/password.ts'
import { randomBelow } from '../crypto/random.ts'
import type { Migrated } from '../store/migrate.ts'
import { migrateStore, openStore, type StoreWish } from '../store/open.ts'
import { systemClock } from './clock.ts'
import { mailedLinks } from './links.ts'
import { type MailState, watchMails } from './mail-state.ts'
import { createMailer } from './mailer.ts'
import { openPhotos } from './photos.ts'

/** The core and all that it stands on. */
export interface House {
  readonly config: Config
  readonly core: Core
  readonly store: Store
  readonly keyTree: KeyTree
  readonly passwords: Passwords
  readonly clock: Clock
  readonly log: Log
  /** When mails went out, and did not, in this process. */
  readonly mailState: () => MailState
  /** What has to be repeated while the process runs. */
  readonly jobs: readonly Job[]
  /** Flushes and closes the core, then the store. May be called twice. */
  close(): Promise<void>
}

export interface HouseDeps {
  readonly log: Log
  readonly clock?: Clock
  /** In place of SMTP or the outbox. */
  readonly mailer?: Mailer
  /**
   * `server`: this process answers at the public URL, and says so in the database. `guest`: where no public URL is set
   * the one that the server said is taken, or tokens made for a server on another port would not be good there.
   */
  readonly as: 'server' | 'guest'
}

/** Of mails, in milliseconds: long beside the work itself, and nothing to whoever waits for a mail. */
const longestDelay = 1000

const publicUrlMark = 'public-url'

/**
 * Opens the store (and migrates it), the keys and the core. Throws ConfigError, CardeaError('internal') when the secret is
 * not the one that the database was made with, CardeaError('unavailable') when the database cannot be reached.
 */
export async function openHouse(wish: Config, { log, clock = systemClock, mailer, as }: HouseDeps): Promise<House> {
  await makeDataFolder(wish.dataDir)
  const { current, previous } = await openRootSecret(wish)
  const keyTree = createKeyTree(current, previous)
  const passwords = createPasswords(wish.passwordHash)
  const store = await openStore(storeWish(wish, log, clock))
  try {
    const said = as === 'guest' ? await store.meta.get(publicUrlMark) : null
    const config = said === null ? wish : withDefaultUrl(wish, said)
    if (as === 'server') await store.meta.set(publicUrlMark, config.publicUrl)
    const photos = await openPhotos({ config, store, clock, log })
    const own = createMailer({ config, clock, log })
    const watched = watchMails(mailer ?? own, clock)
    const core = await createCore({
      store,
      clock,
      log,
      mailer: watched.mailer,
      passwords,
      keyTree,
      settings: config.core,
      links: mailedLinks(config),
      ...(photos === undefined ? {} : { photos }),
      ...(as === 'server' && { backgroundDelay: () => randomBelow(longestDelay) }),
    })
    await demandFittingSecret(store, keyTree)
    let closed: Promise<void> | undefined
    const close = async () => {
      try {
        await core.close()
      } finally {
        own.close()
        await store.close()
      }
    }
    return {
      config,
      core,
      store,
      keyTree,
      passwords,
      clock,
      log,
      mailState: watched.state,
      jobs: [...core.jobs, { name: 'purge-mails', everySeconds: 60, run: () => own.purge() }],
      close: () => (closed ??= close()),
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Brings the database to what this version needs, or says what would be done. */
export async function migrateHouse(config: Config, log: Log, dryRun: boolean): Promise<Migrated> {
  if (!dryRun) await makeDataFolder(config.dataDir)
  return migrateStore(storeWish(config, log, systemClock), dryRun)
}

function storeWish(config: Config, log: Log, clock: Clock): StoreWish {
  const { databaseUrl, dataDir, databasePoolSize } = config
  return { databaseUrl: databaseUrl ?? undefined, dataDir, poolSize: databasePoolSize, clock, log }
}
