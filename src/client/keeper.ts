import type { ErrorCode } from './errors.ts'
import type { components } from './schema.ts'
import type { User } from './storage.ts'

export type SignedInAnswer = components['schemas']['SignedIn']

/** Who is signed in now; null with the reason when a session ended that nobody signed out of. */
export type Listener = (user: User | null, reason: ErrorCode | null) => void

/** What one request carried. */
export interface Proof {
  /** The `Authorization`, or null where there is none or the browser sends a cookie. */
  readonly header: string | null
  /** Which session that was of, if any. */
  readonly session: string | null
}

/** Holds what proves who calls: tokens, a cookie that only the browser sees, or a fixed credential. */
export interface Keeper {
  /** What the next request must carry. */
  proof(): Promise<Proof>
  /**
   * After the server refused what was `used`: what to try instead, or null when there is nothing of the same session. A
   * call that one person made is never repeated as another. Throws what the refresh threw.
   */
  renew(used: Proof): Promise<Proof | null>
  /** A sign-in succeeded. */
  open(answer: SignedInAnswer): Promise<User>
  /** The session is over, as this client wished; `only`: the one of that proof, and none that began meanwhile. */
  close(only?: Proof['session']): Promise<void>
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
      for (const listener of [...listeners]) {
        try {
          listener(user, reason)
        } catch (error) {
          // A fault of the page; signing in and out go on.
          console.error('A listener of onChange failed.', error)
        }
      }
    },
  }
}
