import { ClientError } from './errors.ts'
import { createListeners, type Keeper } from './keeper.ts'
import { now, wait } from './platform.ts'
import type { components } from './schema.ts'
import { isSameSession, type SessionStorage, type StoredSession } from './storage.ts'
import { createTabs, type Message, noTabs } from './tabs.ts'

type TokenPair = components['schemas']['TokenPair']

/** An access token is renewed this long before its end: no request should meet it on the way. */
const MARGIN_MS = 30_000
/** The server answers a repeated refresh with the same successor for 30 seconds, so a lost answer is asked for again. */
const REPEATS_MS = [200, 1_000]

export interface TokenKeeperDeps {
  readonly storage: SessionStorage
  /** Name of the channel and the lock that tabs share; null: this client is alone. */
  readonly shareAs: string | null
  /** `POST /auth/refresh`. */
  readonly refresh: (refreshToken: string) => Promise<TokenPair>
}

const bearer = (session: StoredSession): string => `Bearer ${session.accessToken}`

function sessionOf(pair: TokenPair): StoredSession {
  return {
    accessToken: pair.access_token,
    refreshToken: pair.refresh_token,
    expiresAt: now() + pair.expires_in * 1000,
    user: pair.user,
  }
}

/** Access and refresh tokens: one refresh for all calls and all tabs. */
export function createTokenKeeper({ storage, shareAs, refresh }: TokenKeeperDeps): Keeper {
  const listeners = createListeners()
  const tabs = shareAs === null ? noTabs : createTabs(shareAs, hear)
  let flight: Promise<StoredSession | null> | null = null
  let start: Promise<void> | null = null

  /** What is stored; at the start, or where tabs have a memory each, after asking the others. */
  async function latest(): Promise<StoredSession | null> {
    start ??= fromOthers()
    await start
    return storage.read()
  }

  async function fromOthers(): Promise<void> {
    if (storage.shared) return
    const own = await storage.read()
    await tabs.ask(own?.expiresAt ?? 0)
  }

  async function hear(message: Message): Promise<void> {
    const own = await storage.read()
    switch (message.kind) {
      case 'ask':
        if (own !== null && own.expiresAt > message.expiresAt && !storage.shared)
          tabs.tell({ kind: 'have', session: own })
        return
      case 'have': {
        const { session } = message
        if (session === null || storage.shared) return
        if (own !== null && !(isSameSession(own, session) && session.expiresAt > own.expiresAt)) return
        await storage.write(session)
        if (own === null) listeners.tell(session.user, null)
        return
      }
      case 'signed-in': {
        if (message.session !== null && !storage.shared) await storage.write(message.session)
        const session = await storage.read()
        if (session !== null) listeners.tell(session.user, null)
        return
      }
      case 'signed-out':
        if (!storage.shared) await storage.write(null)
        listeners.tell(null, null)
    }
  }

  /** Tokens travel between tabs only where that is how they share. */
  const sent = (session: StoredSession): StoredSession | null => (storage.shared ? null : session)

  async function end(reason: string | null): Promise<void> {
    await storage.write(null)
    tabs.tell({ kind: 'signed-out' })
    listeners.tell(null, reason)
  }

  async function repeatedly(refreshToken: string): Promise<TokenPair> {
    for (const pause of REPEATS_MS) {
      try {
        return await refresh(refreshToken)
      } catch (error) {
        if (!(error instanceof ClientError && (error.status === 0 || error.status >= 500))) throw error
        await wait(pause)
      }
    }
    return refresh(refreshToken)
  }

  /** The successor of `old`, which somebody else may have got meanwhile. Null when nobody is signed in any more. */
  async function succeed(old: StoredSession): Promise<StoredSession | null> {
    await fromOthers()
    const before = await storage.read()
    if (before === null || before.accessToken !== old.accessToken) return before
    try {
      const next = sessionOf(await repeatedly(before.refreshToken))
      const meanwhile = await storage.read()
      // Signed out, or in as somebody else, while the answer was on its way: that stays so.
      if (meanwhile?.refreshToken !== before.refreshToken) return meanwhile
      await storage.write(next)
      tabs.tell({ kind: 'have', session: sent(next) })
      return next
    } catch (error) {
      const meanwhile = await storage.read()
      if (meanwhile !== null && meanwhile.refreshToken !== before.refreshToken) return meanwhile
      const isOver = error instanceof ClientError && (error.status === 401 || error.status === 403)
      if (isOver && meanwhile !== null) await end(error.code)
      throw error
    }
  }

  /** One at a time here, and one at a time in all tabs. */
  function renewed(old: StoredSession): Promise<StoredSession | null> {
    flight ??= tabs
      .alone(() => succeed(old))
      .finally(() => {
        flight = null
      })
    return flight
  }

  return {
    async authorization() {
      const session = await latest()
      if (session === null) return null
      if (session.expiresAt - now() > MARGIN_MS) return bearer(session)
      const next = await renewed(session)
      return next === null ? null : bearer(next)
    },

    async renew(used) {
      const session = await latest()
      if (session === null) return null
      // Somebody else renewed it while this call was on its way.
      if (bearer(session) !== used) return bearer(session)
      const next = await renewed(session)
      return next === null ? null : bearer(next)
    },

    async open(answer) {
      if (!('refresh_token' in answer))
        throw new ClientError('unexpected_answer', 'The sign-in answered no tokens.', 200)
      const session = sessionOf(answer)
      start = Promise.resolve()
      await storage.write(session)
      tabs.tell({ kind: 'signed-in', session: sent(session) })
      listeners.tell(session.user, null)
      return session.user
    },

    close: () => end(null),

    async user() {
      return (await latest())?.user ?? null
    },

    async learn(user) {
      const session = await storage.read()
      if (session === null || session.user.id !== user.id) return
      await storage.write({ ...session, user })
      listeners.tell(user, null)
    },

    listen: listeners.add,
    dispose: tabs.close,
  }
}
