import { isObject } from './errors.ts'
import { exclusively, openChannel, wait } from './platform.ts'
import { isSession, type StoredSession } from './storage.ts'

/** What tabs tell each other. Where they share a storage it says where to look, and holds no token. */
export type Message =
  /** Has anybody a session that is newer than mine? */
  | { readonly kind: 'ask'; readonly expiresAt: number }
  | { readonly kind: 'have'; readonly session: StoredSession | null }
  | { readonly kind: 'signed-in'; readonly session: StoredSession | null }
  | { readonly kind: 'signed-out' }

export interface Tabs {
  tell(message: Message): void
  /** Runs while no other tab does the same. */
  alone<T>(run: () => Promise<T>): Promise<T>
  /** Asks the others and gives them time to answer. Their answers are heard like every message. */
  ask(expiresAt: number): Promise<void>
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
  channel?.addEventListener('message', ({ data }) => {
    if (!isMessage(data)) return
    const done = data.kind === 'have' ? answered : null
    hear(data).then(
      () => done?.(),
      () => done?.(),
    )
  })
  return {
    tell: (message) => channel?.postMessage(message),
    alone: (run) => exclusively(name, run),
    async ask(expiresAt) {
      if (channel === null) return
      const answer = new Promise<void>((resolve) => {
        answered = resolve
      })
      channel.postMessage({ kind: 'ask', expiresAt } satisfies Message)
      await Promise.race([answer, wait(PATIENCE_MS)])
      answered = null
    },
    close: () => channel?.close(),
  }
}

/** Another version of this client may run in another tab. */
function isMessage(data: unknown): data is Message {
  if (!isObject(data)) return false
  if (data.kind === 'ask') return typeof data.expiresAt === 'number'
  if (data.kind === 'have' || data.kind === 'signed-in') return data.session === null || isSession(data.session)
  return data.kind === 'signed-out'
}
