import type pg from 'pg'
import type { Log } from '../core/ports.ts'
import type { Watch } from './changes.ts'
import { changeChannel } from './engine.ts'
import { faultName } from './faults.ts'

const firstPauseMillis = 250
const longestPauseMillis = 5000
/** A connection on which nothing happens may be dead without anybody knowing: it is asked. */
const heartbeatMillis = 5000
const goodbyeMillis = 1000

export interface Listener {
  readonly watch: Watch
  stop(): Promise<void>
}

/**
 * Listens for committed changes on a connection of its own while somebody watches. A lost connection is made anew,
 * and each new one wakes the watchers: something may have been missed.
 */
export function createListener(makeClient: () => pg.Client, log: Log): Listener {
  const wakes = new Set<() => void>()
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | null = null
  let failures = 0

  function wakeAll(): void {
    for (const wake of wakes) wake()
  }

  function connect(): void {
    timer = null
    if (client !== null || wakes.size === 0) return
    const mine = makeClient()
    client = mine
    let heartbeat: NodeJS.Timeout | undefined
    const lost = (error?: unknown) => {
      clearInterval(heartbeat)
      if (client !== mine) return
      client = null
      log.warn({ fault: faultName(error) }, 'the connection that listens for changes was lost')
      void hangUp(mine)
      retry()
    }
    mine.on('error', lost)
    mine.on('end', () => lost())
    mine.on('notification', wakeAll)
    mine
      .connect()
      .then(() => mine.query(`listen ${changeChannel}`))
      .then(() => {
        failures = 0
        wakeAll()
        // An answer that does not come (`query_timeout`) is a connection that is not there.
        heartbeat = setInterval(() => mine.query(`listen ${changeChannel}`).catch(lost), heartbeatMillis)
        heartbeat.unref()
      })
      .catch(lost)
  }

  function retry(): void {
    if (timer !== null || wakes.size === 0) return
    timer = setTimeout(connect, Math.min(firstPauseMillis * 2 ** failures, longestPauseMillis))
    timer.unref()
    failures += 1
  }

  async function stop(): Promise<void> {
    wakes.clear()
    if (timer !== null) clearTimeout(timer)
    timer = null
    const mine = client
    client = null
    if (mine !== null) await hangUp(mine)
  }

  return {
    watch(wake) {
      // A function of its own, so that the same one can be given twice.
      const own = () => wake()
      wakes.add(own)
      if (client === null && timer === null) connect()
      return () => {
        wakes.delete(own)
        if (wakes.size === 0) void stop()
      }
    },
    stop,
  }
}

async function hangUp(client: pg.Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, goodbyeMillis)
  })
  // It may be gone already; that is what we want. Nobody answers the goodbye of a half-open one.
  await Promise.race([client.end().catch(() => {}), late])
  clearTimeout(timer)
}
