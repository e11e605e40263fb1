import type { Seconds } from '../types.ts'
import type { Photos } from './photos.ts'
import type { Clock, Log, Store } from './ports.ts'

/**
 * Work that the server repeats as long as it runs. `run` throws when it failed; the next turn tries again. `stopping` is
 * aborted when the server stops, for work that lasts.
 */
export interface Job {
  readonly name: string
  readonly everySeconds: number
  run(stopping?: AbortSignal): Promise<void>
}

export interface JobsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly flush: () => Promise<void>
  readonly tendSigningKeys: () => Promise<void>
  readonly purgeEvents: () => Promise<number>
  readonly remindTokens: () => Promise<number>
  readonly closeImpersonations: () => Promise<void>
}

const hour = 3600
const dayMillis = 24 * hour * 1000
/** A sign-up that nobody confirmed frees its user name. */
const unprovenMillis = 7 * dayMillis
/** A device that was not seen for a year is a stranger again. */
const deviceMillis = 365 * dayMillis

export function createJobs({
  store,
  clock,
  log,
  flush,
  tendSigningKeys,
  purgeEvents,
  remindTokens,
  closeImpersonations,
}: JobsDeps): readonly Job[] {
  const counted = (name: string, work: () => Promise<number>) => async () => {
    const removed = await work()
    if (removed > 0) log.debug({ removed }, `${name}: removed what is over`)
  }
  const purge = (name: string, everySeconds: number, work: () => Promise<number>): Job => ({
    name,
    everySeconds,
    run: counted(name, work),
  })
  return [
    { name: 'flush-last-used', everySeconds: 30, run: flush },
    { name: 'tend-signing-keys', everySeconds: 60, run: tendSigningKeys },
    { name: 'close-impersonations', everySeconds: 60, run: closeImpersonations },
    purge('purge-sessions', hour, () => store.sessions.purge(clock.now())),
    purge('purge-unproven', hour, () => store.users.purgeUnproven(clock.now() - unprovenMillis, clock.now())),
    purge('purge-one-time', hour, () => store.oneTime.purge(clock.now())),
    // A step of TOTP is used once; after a day no clock that is only a little wrong can bring it back.
    purge('purge-totp-steps', hour, () => store.factors.purgeSteps(clock.now() - dayMillis)),
    // Whoever has not read the outbox for half a day forgets everything anyway.
    purge('purge-outbox', hour, () => store.changes.purge(clock.now() - dayMillis)),
    purge('purge-devices', 24 * hour, () => store.devices.purge(clock.now() - deviceMillis)),
    purge('purge-events', hour, purgeEvents),
    { name: 'remind-tokens', everySeconds: hour, run: async () => void (await remindTokens()) },
  ]
}

export interface PhotoJobsDeps {
  readonly photos: Pick<Photos, 'scan' | 'sweep'>
  readonly log: Log
  readonly scanSeconds: Seconds | null
}

export function createPhotoJobs({ photos, log, scanSeconds }: PhotoJobsDeps): readonly Job[] {
  const sweep: Job = {
    name: 'sweep-thumbnails',
    everySeconds: hour,
    async run() {
      const removed = await photos.sweep()
      if (removed > 0) log.debug({ removed }, 'sweep-thumbnails: removed what is over')
    },
  }
  if (scanSeconds === null) return [sweep]
  const scan: Job = {
    name: 'scan-photos',
    everySeconds: scanSeconds,
    async run(signal) {
      try {
        const { skipped, ...counts } = await photos.scan(signal === undefined ? {} : { signal })
        if (counts.added + counts.changed + counts.removed > 0)
          log.info({ ...counts, skipped: skipped.length }, 'the photo library was scanned')
      } catch (error) {
        // Told to stop: the next start goes on.
        if (signal?.aborted !== true) throw error
      }
    },
  }
  return [sweep, scan]
}
