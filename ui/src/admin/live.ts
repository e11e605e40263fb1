import { useEffect, useState } from 'react'
import { ClientError, client } from '../api/client.ts'
import type { LogEvent } from './calls.ts'
import { readEvents } from './event-text.ts'

/*
 * The log as it grows. `EventSource` could neither say why a connection was refused nor send the token of somebody who
 * is acted for, so the stream is read from an ordinary answer.
 */

export type LiveState = 'off' | 'waiting' | 'open' | 'lost' | 'full'

interface Wish {
  readonly address: string
  readonly signal: AbortSignal
  /** Id of the last event that was seen; 0: none. */
  readonly after: number
  readonly onOpen: () => void
  readonly onEvents: (events: readonly LogEvent[]) => void
}

/** Reads until the stream ends. Throws ClientError when it is refused. */
async function readStream({ address, signal, after, onOpen, onEvents }: Wish): Promise<void> {
  const headers = after === 0 ? {} : { 'Last-Event-ID': String(after) }
  const answer = await client.fetch(new URL(address, location.origin), { headers, signal })
  if (!answer.ok || answer.body === null) {
    throw new ClientError('unexpected_answer', answer.statusText, answer.status, {})
  }
  onOpen()
  let waiting = ''
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const { events, rest } = readEvents<LogEvent>(waiting + value)
    waiting = rest
    if (events.length > 0) onEvents(events)
  }
}

const pauseMillis = 2000
/** More than these nobody reads; the list below has them all. */
const kept = 200

export interface Live {
  readonly state: LiveState
  /** Newest first. */
  readonly events: readonly LogEvent[]
}

/**
 * Follows the log while `on`. `query`: the filters, as they stand behind `?`. `after`: the newest event that is shown
 * already, so that none is missed between the two.
 */
export function useLive(on: boolean, query: string, after: number): Live {
  const [state, setState] = useState<LiveState>('off')
  const [events, setEvents] = useState<readonly LogEvent[]>([])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `after` is where it begins, and moves by itself then
  useEffect(() => {
    setEvents([])
    setState(on ? 'waiting' : 'off')
    if (!on) return
    const stop = new AbortController()
    let last = after
    let timer: ReturnType<typeof setTimeout> | undefined
    const round = async () => {
      try {
        await readStream({
          address: `/auth/admin/events/live${query === '' ? '' : `?${query}`}`,
          signal: stop.signal,
          after: last,
          onOpen: () => setState('open'),
          onEvents(found) {
            last = found.at(-1)?.id ?? last
            setEvents((before) => [...found.toReversed(), ...before].slice(0, kept))
          },
        })
        if (!stop.signal.aborted) setState('lost')
      } catch (error) {
        if (stop.signal.aborted) return
        setState(error instanceof ClientError && error.status === 503 ? 'full' : 'lost')
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void round(), pauseMillis)
    }
    void round()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [on, query])
  return { state, events }
}
