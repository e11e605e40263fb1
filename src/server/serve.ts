import { type Config, onPort } from '../config/config.ts'
import type { Log } from '../core/ports.ts'
import { createHouseApp } from './app.ts'
import { banner } from './banner.ts'
import { stepHashingBack } from './hash-threads.ts'
import { type House, openHouse } from './house.ts'
import { type Front, listen } from './http-server.ts'
import { createJobs, type Jobs } from './jobs.ts'
import { createSetUp } from './set-up.ts'

/** How long requests may take to finish when the server is told to stop. */
const GRACE_MILLIS = 10_000

export interface Running {
  readonly config: Config
  readonly url: string
  /** Finishes requests, flushes, closes the store. May be called twice. */
  stop(): Promise<void>
}

export interface ServeDeps {
  readonly log: Log
  /** For whoever started the server: standard error. */
  readonly print: (text: string) => void
}

/**
 * Configuration -> store -> core -> APIs -> listening. The port is taken first: a second start by mistake touches
 * nothing, and with port 0 the public URL is known before the core is made.
 */
export async function serve(wish: Config, { log, print }: ServeDeps): Promise<Running> {
  const app = Promise.withResolvers<Front>()
  // Without a request that waits for it, a failed start is told by what this function throws.
  app.promise.catch(() => {})
  const server = await listen({ host: wish.host, port: wish.port, app: app.promise, log })
  const config = onPort(wish, server.port)
  let house: House | undefined
  try {
    house = await openHouse(config, { log, as: 'server' })
    await house.core.feed.start()
    await tendDocumentIndexes(house)
    await stepHashingBack(log)
    let jobs: Jobs | null = null
    app.resolve(await createHouseApp(house, () => jobs))
    const { dataDir, databaseUrl } = config
    const setUp = createSetUp({ core: house.core, dataDir, isAlone: databaseUrl === null, print, log })
    print(banner(config))
    await setUp.begin()
    const all = createJobs([...house.jobs, setUp.job], log)
    jobs = all
    all.start()
    return { config, url: config.publicUrl, stop: once(() => stopAll(house, server.stop, all.stop, log)) }
  } catch (error) {
    app.reject(error)
    await server.stop(0)
    await house?.close()
    throw error
  }
}

/** In step with the declared piece types before the first request comes. */
async function tendDocumentIndexes({ core, log }: House): Promise<void> {
  const { made, dropped } = await core.documents.setIndexes()
  if (made.length + dropped.length > 0) log.info({ made, dropped }, 'the indexes of documents were brought in step')
}

/** Each part is stopped even when one before it failed. */
async function stopAll(
  house: House | undefined,
  stopServer: (millis: number) => Promise<boolean>,
  stopJobs: () => Promise<void>,
  log: Log,
): Promise<void> {
  // They would not end by themselves, and their readers come back to the next server.
  house?.core.changeStreams.end()
  house?.core.eventTail.end()
  try {
    if (!(await stopServer(GRACE_MILLIS)))
      log.warn({ seconds: GRACE_MILLIS / 1000 }, 'requests that did not finish in time were cut')
    await stopJobs()
  } finally {
    await house?.close()
  }
}

function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined
  return () => (result ??= run())
}
