import type { NodeBindings } from './apis/mount.ts'
import type { Settings } from './config/options.ts'
import type { Core } from './core/cardea.ts'
import type { Log, Mailer } from './core/ports.ts'
import { createHouseApp } from './server/app.ts'
import { openHouse } from './server/house.ts'
import { createJobs } from './server/jobs.ts'
import { createLog } from './server/log.ts'
import { loadSettings } from './server/settings.ts'

export type { NodeBindings } from './apis/mount.ts'
export { ConfigError, type Problem } from './config/config-error.ts'
export { defineConfig, type Settings } from './config/options.ts'
export type { Core } from './core/cardea.ts'
export type { Log, Mailer } from './core/ports.ts'
export type { Mail } from './core/records.ts'
export { CardeaError, type ErrorCode, type ErrorDetail, type FieldError } from './errors.ts'
export type {
  ApiName,
  CredentialKind,
  Factor,
  Origin,
  Principal,
  RoleName,
  Scope,
  User,
  UserStatus,
  Verdict,
} from './types.ts'

export interface CardeaOptions {
  /** In place of a configuration file; CARDEA_* variables win over them. */
  readonly settings?: Settings
  /** Default: JSON lines on standard output. */
  readonly log?: Log
  /** Default: SMTP, or files in the outbox. */
  readonly mailer?: Mailer
}

export interface Cardea {
  /** Answers a request to any of its addresses; 404 for all others. Bindings tell the caller's address. */
  fetch(request: Request, bindings?: NodeBindings): Promise<Response>
  readonly core: Core
  /** Flushes, stops the scheduled work and closes the store. */
  close(): Promise<void>
}

/**
 * Cardea inside another program, without a listening server. Throws ConfigError (everything that is wrong with the
 * settings), CardeaError('internal') under another secret than the database was made with, CardeaError('unavailable').
 */
export async function createCardea({ settings = {}, log, mailer }: CardeaOptions = {}): Promise<Cardea> {
  const config = await loadSettings({ settings, embedded: true })
  const ownLog = log ?? createLog({ level: config.logLevel, stream: process.stdout })
  const house = await openHouse(config, { log: ownLog, as: 'server', ...(mailer === undefined ? {} : { mailer }) })
  try {
    await house.core.feed.start()
    const jobs = createJobs(house.jobs, ownLog)
    const app = createHouseApp(house, () => jobs)
    jobs.start()
    return {
      fetch: async (request, bindings) => app.fetch(request, bindings),
      core: house.core,
      async close() {
        await jobs.stop()
        await house.close()
      },
    }
  } catch (error) {
    await house.close()
    throw error
  }
}
