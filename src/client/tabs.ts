import { isObject } from './errors.ts'
import { exclusively, openChannel, wait } from './platform.ts'
import { isSession, type Place, type StoredSession } from './storage.ts'

/**
 * What tabs tell each other. Also where they share a storage: browsers write `localStorage` through to other tabs when
 * it suits them, so a lock alone does not make what is read there the newest. Null in mode `cookie`.
 */
export type Message =
  /** Has anybody something newer than this, or anything where this is null? */
  | { readonly kind: 'ask'; readonly than: Place | null }
  /** The answer. */
  | { readonly kind: 'have'; readonly session: StoredSession }
  | { readonly kind: 'renewed'; readonly session: StoredSession }
  | { readonly kind: 'signed-in'; readonly session: StoredSession | null }
  | { readonly kind: 'signed-out'; readonly of: Place | null }

export interface Tabs {
  tell(message: Message): void
  /** Runs while no other tab does the same. */
  alone<T>(run: () => Promise<T>): Promise<T>
  /** Asks the others and gives them time to answer. Their answers are heard like every message. */
  ask(than: Place | null): Promise<void>
  close(): void
}

/** A tab that is alive answers within a few milliseconds; waited for once per refresh and once at the start. */
const PATIENCE_MS = 150

/** Nobody else is there. */
export const noTabs: Tabs = {
  tell() {},
  alone: (run) => run(),
  ask: async () => {},
  close() {},
}

/** `hear` is called for what others say, never for what this one says. */
export function createTabs(name: string, hear: (message: Message) => Promise<void>): Tabs {
  const channel = openChannel(name)
  let answered: (() => void) | null = null
  let closed = false
  channel?.addEventListener('message', ({ data }) => {
    if (!isMessage(data)) return
    const done = data.kind === 'have' ? answered : null
    hear(data).then(
      () => done?.(),
      () => done?.(),
    )
  })
  return {
    tell(message) {
      if (!closed) channel?.postMessage(message)
    },
    alone: (run) => exclusively(name, run),
    async ask(than) {
      if (channel === null || closed) return
      const answer = new Promise<void>((resolve) => {
        answered = resolve
      })
      channel.postMessage({ kind: 'ask', than } satisfies Message)
      await Promise.race([answer, wait(PATIENCE_MS)])
      answered = null
    },
    close() {
      closed = true
      channel?.close()
    },
  }
}

/** Another version of this client may run in another tab. */
function isMessage(data: unknown): data is Message {
  if (!isObject(data)) return false
  switch (data.kind) {
    case 'ask':
      return data.than === null || isPlace(data.than)
    case 'have':
    case 'renewed':
      return isSession(data.session)
    case 'signed-in':
      return data.session === null || isSession(data.session)
    case 'signed-out':
      return data.of === null || isPlace(data.of)
    default:
      return false
  }
}

function isPlace(value: unknown): value is Place {
  return isObject(value) && typeof value.session === 'string' && typeof value.generation === 'number'
}
