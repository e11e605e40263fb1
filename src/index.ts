import { mount as mountInExpress } from './adapters/express.ts'
import { mount as mountInFastify } from './adapters/fastify.ts'
import { mount as mountInHono } from './adapters/hono.ts'
import { mount as mountInNext, type NextMount } from './adapters/next.ts'
import { mount as mountInNode } from './adapters/node.ts'
import type { NodeBindings } from './apis/mount.ts'
import type { Settings } from './config/options.ts'
import type { Core } from './core/cardea.ts'
import type { Log, Mailer } from './core/ports.ts'
import { createCoreGuard } from './guard/core-guard.ts'
import type { Guard } from './guard/types.ts'
import { createHouseApp } from './server/app.ts'
import { createEmbedded } from './server/embedded.ts'
import { openHouse } from './server/house.ts'
import { createJobs } from './server/jobs.ts'
import { createLog } from './server/log.ts'
import { loadSettings } from './server/settings.ts'

export type { NextMount } from './adapters/next.ts'
export type { NodeBindings } from './apis/mount.ts'
export { ConfigError, type Problem } from './config/config-error.ts'
export { defineConfig, type Settings } from './config/options.ts'
export type { Core } from './core/cardea.ts'
export type { Log, Mailer } from './core/ports.ts'
export type { Mail } from './core/records.ts'
export { CardeaError, type ErrorCode, type ErrorDetail, type FieldError } from './errors.ts'
export { accepts, requires } from './guard/rules.ts'
export type { Guard, GuardVerdict, Rule } from './guard/types.ts'
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
  /** Answers what is at one of its addresses, and null for all else. */
  handle(request: Request, bindings?: NodeBindings): Promise<Response | null>
  readonly core: Core
  /** For the routes of the program that it is in: the same as `createGuard` of `cardea/guard`. */
  readonly guard: Guard
  /** Its addresses inside a host: `app.use(cardea.express())`. What is not one of them goes on to the host. */
  express(): ReturnType<typeof mountInExpress>
  /** `app.register(cardea.fastify())` */
  fastify(): ReturnType<typeof mountInFastify>
  /** `app.use(cardea.hono())` */
  hono(): ReturnType<typeof mountInHono>
  /** `export const { GET, POST } = cardea.next()` */
  next(wish?: NextMount): ReturnType<typeof mountInNext>
  /** `createServer((request, response) => cardea.node()(request, response, next))` */
  node(): ReturnType<typeof mountInNode>
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
    const app = await createHouseApp(house, () => jobs)
    jobs.start()
    const embedded = createEmbedded(app, ownLog)
    return {
      fetch: async (request, bindings) => app.fetch(request, bindings),
      handle: embedded.handle,
      core: house.core,
      guard: createCoreGuard(house.core),
      express: () => mountInExpress(embedded),
      fastify: () => mountInFastify(embedded),
      hono: () => mountInHono(embedded),
      next: (wish) => mountInNext(embedded, wish),
      node: () => mountInNode(embedded),
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
