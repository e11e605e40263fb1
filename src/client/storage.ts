import { isObject } from './errors.ts'
import type { components } from './schema.ts'

export type User = components['schemas']['User']

/** A session in mode `token`. */
export interface StoredSession {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token ends, in milliseconds since the epoch by the clock of this machine. */
  readonly expiresAt: number
  readonly user: User
  /** Of which client, by name and server; written by it. */
  readonly client?: string
}

/** Where the session is kept, of one client. What is written must be what is read next. */
export interface SessionStorage {
  read(): StoredSession | null | Promise<StoredSession | null>
  write(session: StoredSession | null): void | Promise<void>
}

/**
 * The default. A refresh token is worth weeks of access: in the memory of a page it is gone with the page, while what is
 * in `localStorage` lies on the disk in clear and is there for every script that the origin will ever run.
 */
export function memoryStorage(): SessionStorage {
  let session: StoredSession | null = null
  return {
    read: () => session,
    write(next) {
      session = next
    },
  }
}

/**
 * Two clients that were given one place: what the other one left there is not read. The tokens of one server never go to
 * another one.
 */
export function storageOf(client: string, storage: SessionStorage): SessionStorage {
  const own = (found: StoredSession | null) => (found?.client === client ? found : null)
  return {
    read() {
      const found = storage.read()
      return found !== null && 'then' in found ? found.then(own) : own(found)
    },
    write: (session) => storage.write(session === null ? null : { ...session, client }),
  }
}

/** The part of `Storage` of browsers that is used. */
export interface TextStore {
  getItem(name: string): string | null
  setItem(name: string, text: string): void
  removeItem(name: string): void
}

/**
 * `sessionStorage`, which outlives a reload of the tab, or `localStorage` for those who accept what `memoryStorage`
 * says against it. Each client needs a `name` of its own here.
 */
export function webStorage(store: TextStore, name = 'cardea'): SessionStorage {
  return {
    read() {
      const text = store.getItem(name)
      if (text === null) return null
      try {
        const value: unknown = JSON.parse(text)
        return isSession(value) ? value : null
      } catch {
        return null
      }
    },
    write(session) {
      if (session === null) store.removeItem(name)
      else store.setItem(name, JSON.stringify(session))
    },
  }
}

export function isSession(value: unknown): value is StoredSession {
  return (
    isObject(value) &&
    isToken(value.accessToken) &&
    isToken(value.refreshToken) &&
    Number.isFinite(value.expiresAt) &&
    isObject(value.user)
  )
}

/** What a header takes: of anything else the error of `Headers` would show the whole. */
const isToken = (value: unknown): value is string => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)

export interface Place {
  readonly session: string
  readonly generation: number
}

/** A refresh token is `<session>.<generation>.<secret>`: which of the session's tokens it is, without the secret. */
export function placeOf({ refreshToken }: StoredSession): Place {
  const [session = '', generation] = refreshToken.split('.')
  return { session, generation: Number(generation) }
}

/** By the count of the server, because clocks can be set back. */
export function isSuccessor(next: Place, of: Place): boolean {
  return next.session === of.session && next.generation > of.generation
}
