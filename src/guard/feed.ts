import { parseJsonObject } from '../crypto/json-object.ts'
import type { Seconds } from '../types.ts'
import { createEventParser } from './event-parser.ts'
import { AskError, type Fetch } from './http.ts'
import type { GuardClock, GuardLog } from './types.ts'

export interface FeedDeps {
  readonly url: string
  readonly authorization: string
  readonly fetch: Fetch
  readonly clock: GuardClock
  readonly log: GuardLog
  /** How long nothing may be heard. */
  readonly silenceSeconds: Seconds
  readonly apply: {
    /** The kind and id of what changed, and Cardea's time. */
    change(kind: string, id: string, at: number): void
    /** Nothing that was known before `at` counts. */
    reset(at: number): void
  }
}

/** Follows `/auth/changes`, and comes again when it is cut. */
export interface Feed {
  /** Cardea was heard of within the bound. Null: it never was yet. */
  isLive(): boolean | null
  /** Resolves when it was heard of for the first time, or that took too long. */
  readonly begun: Promise<void>
  close(): void
}

const connectMillis = 5000
const firstPauseMillis = 250
const longestPauseMillis = 5000

export function createFeed({ url, authorization, fetch, clock, log, silenceSeconds, apply }: FeedDeps): Feed {
  const begun = Promise.withResolvers<void>()
  const closing = new AbortController()
  const patience = setTimeout(begun.resolve, Math.min(silenceSeconds * 1000, connectMillis)).unref()
  let lastId = ''
  /** What the configuration of the roles is known by. */
  let rights: unknown
  let heardAt: number | null = null
  let pause = firstPauseMillis

  const hear = () => {
    heardAt = clock.now()
    pause = firstPauseMillis
    clearTimeout(patience)
    begun.resolve()
  }

  const take = (event: string, id: string, text: string): Seconds | null => {
    const data = parseJsonObject(Buffer.from(text)) ?? {}
    const at = typeof data.at === 'string' ? Date.parse(data.at) : Number.NaN
    if (!Number.isFinite(at) || !/^[0-9]{1,16}$/.test(id)) throw new Error('an event of the feed cannot be read')
    // Of what was before the first start nothing is known, nor of what an access token carries since other roles hold.
    const isOther = event === 'start' && (lastId === '' || data.rights !== rights)
    if (event === 'start') rights = data.rights
    if (event === 'reset' || isOther) apply.reset(at)
    else if (event === 'change') {
      if (typeof data.kind !== 'string' || typeof data.id !== 'string') throw new Error('a change cannot be read')
      apply.change(data.kind, data.id, at)
    }
    lastId = id
    return event === 'start' && typeof data.heartbeat_seconds === 'number' ? data.heartbeat_seconds : null
  }

  /** One connection, until it ends or falls silent. */
  const follow = async (): Promise<void> => {
    const silence = new AbortController()
    const signal = AbortSignal.any([closing.signal, silence.signal])
    let allowed = connectMillis
    let timer = setTimeout(() => silence.abort(), allowed).unref()
    const again = () => {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), allowed).unref()
    }
    try {
      const headers = {
        Authorization: authorization,
        Accept: 'text/event-stream',
        ...(lastId !== '' && { 'Last-Event-ID': lastId }),
      }
      const response = await fetch(url, { headers, redirect: 'error', signal })
      if (!response.ok || response.body === null) {
        await response.body?.cancel()
        throw new AskError(`answered ${response.status}`, response.status)
      }
      const parse = createEventParser()
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        for (const line of parse(text)) {
          again()
          if ('comment' in line) {
            // Not before what was missed is told: that comes between the start and the first of these.
            if (line.comment === 'alive' && lastId !== '') hear()
            continue
          }
          const heartbeat = take(line.event, line.id, line.data)
          if (heartbeat !== null) allowed = Math.max(heartbeat * 3000, 1000)
        }
      }
    } finally {
      clearTimeout(timer)
      silence.abort()
    }
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await follow()
      } catch (error) {
        if (closing.signal.aborted) return
        const reason = error instanceof Error ? error.message : 'unknown'
        log.warn({ url, reason, again_in_ms: pause }, 'the change feed is cut')
      }
      await new Promise<void>((done) => {
        const end = () => {
          clearTimeout(timer)
          closing.signal.removeEventListener('abort', end)
          done()
        }
        const timer = setTimeout(end, pause)
        closing.signal.addEventListener('abort', end)
      })
      pause = Math.min(pause * 2, longestPauseMillis)
    }
  }
  void run()

  return {
    isLive() {
      if (heardAt === null) return null
      const age = clock.now() - heardAt
      return age >= 0 && age <= silenceSeconds * 1000
    },
    begun: begun.promise,
    close() {
      closing.abort()
      clearTimeout(patience)
      begun.resolve()
    },
  }
}
