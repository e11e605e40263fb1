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
}

/** Where the session is kept. What is written must be what is read next. */
export interface SessionStorage {
  /** True where all tabs read and write the same place. Otherwise tabs hand the session to each other. */
  readonly shared: boolean
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
    shared: false,
    read: () => session,
    write(next) {
      session = next
    },
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
 * says against it. `shared`: whether other tabs see it, so true for `localStorage`.
 */
export function webStorage(
  store: TextStore,
  { shared, name = 'cardea' }: { shared: boolean; name?: string },
): SessionStorage {
  return {
    shared,
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
    typeof value.accessToken === 'string' &&
    typeof value.refreshToken === 'string' &&
    typeof value.expiresAt === 'number' &&
    isObject(value.user)
  )
}

/** A refresh token is `<session>.<generation>.<secret>`: what stays the same when it is rotated. */
export function isSameSession(a: StoredSession, b: StoredSession): boolean {
  return a.refreshToken.split('.', 1)[0] === b.refreshToken.split('.', 1)[0]
}
