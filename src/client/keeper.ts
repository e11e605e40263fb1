import type { ErrorCode } from './errors.ts'
import type { components } from './schema.ts'
import type { User } from './storage.ts'

export type SignedInAnswer = components['schemas']['SignedIn']

/** Who is signed in now; null with the reason when a session ended that nobody signed out of. */
export type Listener = (user: User | null, reason: ErrorCode | null) => void

/** Holds what proves who calls: tokens, a cookie that only the browser sees, or a fixed credential. */
export interface Keeper {
  /** The `Authorization` that a request must carry, or null where there is none or the browser sends a cookie. */
  authorization(): Promise<string | null>
  /**
   * After the server refused what was `used`: what to try instead, or null when there is nothing. Throws what the
   * refresh threw when that ended the session.
   */
  renew(used: string | null): Promise<string | null>
  /** A sign-in succeeded. */
  open(answer: SignedInAnswer): Promise<User>
  /** The session is over, as this client wished. */
  close(): Promise<void>
  user(): Promise<User | null>
  /** The server said something newer about the user. */
  learn(user: User): Promise<void>
  listen(listener: Listener): () => void
  /** Lets go of channels. */
  dispose(): void
}

export interface Listeners {
  add(listener: Listener): () => void
  tell(user: User | null, reason: ErrorCode | null): void
}

export function createListeners(): Listeners {
  const listeners = new Set<Listener>()
  return {
    add(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell(user, reason) {
      for (const listener of [...listeners]) listener(user, reason)
    },
  }
}
