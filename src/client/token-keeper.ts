import { ClientError, type ErrorCode } from './errors.ts'
import { createListeners, type Keeper, type Proof } from './keeper.ts'
import { now, wait } from './platform.ts'
import type { components } from './schema.ts'
import { isSession, isSuccessor, type Place, placeOf, type SessionStorage, type StoredSession } from './storage.ts'
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

function proofOf(session: StoredSession | null): Proof {
  if (session === null) return { header: null, session: null }
  return { header: `Bearer ${session.accessToken}`, session: placeOf(session).session }
}

const isOf = (session: StoredSession, id: string | null): boolean => placeOf(session).session === id

/** Nothing was said about the session: no answer, or one that the server is in trouble. */
const isPassing = (error: unknown): boolean =>
  error instanceof ClientError && (error.status === 0 || error.status >= 500)

/** What only the server itself says of a session. A 401 or 403 of something in between ends nothing. */
const isOver = /^(credential_|account_|refresh_reused$)/

function sessionOf(pair: TokenPair): StoredSession {
  const session: unknown = {
    accessToken: pair.access_token,
    refreshToken: pair.refresh_token,
    expiresAt: now() + pair.expires_in * 1000,
    user: pair.user,
  }
  if (!isSession(session)) throw new ClientError('unexpected_answer', 'The server answered no tokens.', 200)
  return session
}

/** Access and refresh tokens: one refresh for all calls and all tabs. */
export function createTokenKeeper({ storage, shareAs, refresh }: TokenKeeperDeps): Keeper {
  const listeners = createListeners()
  const tabs = shareAs === null ? noTabs : createTabs(shareAs, hear)
  let flight: Promise<StoredSession | null> | null = null
  let start: Promise<void> | null = null
  let asking = false

  /** What is stored. A tab that has just been opened asks the others first. */
  async function latest(): Promise<StoredSession | null> {
    start ??= askAtStart().catch((error) => {
      start = null
      throw error
    })
    await start
    return storage.read()
  }

  async function askAtStart(): Promise<void> {
    if ((await storage.read()) === null) await askOthers(null)
  }

  async function askOthers(than: Place | null): Promise<void> {
    asking = true
    await tabs.ask(than)
    asking = false
  }

  async function hear(message: Message): Promise<void> {
    const own = await storage.read()
    const place = own === null ? null : placeOf(own)
    switch (message.kind) {
      case 'ask': {
        const { than } = message
        if (own !== null && place !== null && (than === null || isSuccessor(place, than)))
          tabs.tell({ kind: 'have', session: own })
        return
      }
      case 'have':
        if (place === null && asking) await adopt(message.session)
        else if (place !== null && isSuccessor(placeOf(message.session), place)) await storage.write(message.session)
        return
      case 'renewed':
        if (place !== null && isSuccessor(placeOf(message.session), place)) await storage.write(message.session)
        return
      case 'signed-in':
        if (message.session !== null) await adopt(message.session)
        return
      case 'signed-out':
        // Another session that began meanwhile stays.
        if (place !== null && place.session !== message.of?.session) return
        await storage.write(null)
        listeners.tell(null, null)
    }
  }

  async function adopt(session: StoredSession): Promise<void> {
    start = Promise.resolve()
    await storage.write(session)
    listeners.tell(session.user, null)
  }

  /** `only`: this session; one that began meanwhile stays. */
  async function end(reason: ErrorCode | null, only?: string | null): Promise<void> {
    const session = await storage.read()
    if (session === null || (only !== undefined && !isOf(session, only))) return
    await storage.write(null)
    tabs.tell({ kind: 'signed-out', of: placeOf(session) })
    listeners.tell(null, reason)
  }

  async function repeatedly(refreshToken: string): Promise<TokenPair> {
    for (const pause of REPEATS_MS) {
      try {
        return await refresh(refreshToken)
      } catch (error) {
        if (!isPassing(error)) throw error
        await wait(pause)
      }
    }
    return refresh(refreshToken)
  }

  /** The successor of `old`, which somebody else may have got meanwhile. Null when nobody is signed in any more. */
  async function succeed(old: StoredSession): Promise<StoredSession | null> {
    await askOthers(placeOf(old))
    const before = await storage.read()
    if (before === null || before.accessToken !== old.accessToken) return before
    try {
      const next = sessionOf(await repeatedly(before.refreshToken))
      const meanwhile = await storage.read()
      // Signed out, or in as somebody else, while the answer was on its way: that stays so.
      if (meanwhile?.refreshToken !== before.refreshToken) return meanwhile
      await storage.write(next)
      tabs.tell({ kind: 'renewed', session: next })
      return next
    } catch (error) {
      const meanwhile = await storage.read()
      if (meanwhile !== null && meanwhile.refreshToken !== before.refreshToken) return meanwhile
      if (error instanceof ClientError && isOver.test(error.code) && meanwhile !== null) await end(error.code)
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
    async proof() {
      const session = await latest()
      if (session === null || session.expiresAt - now() > MARGIN_MS) return proofOf(session)
      try {
        const next = await renewed(session)
        // Somebody else may have signed in meanwhile: the call is not theirs.
        return proofOf(next !== null && isOf(next, placeOf(session).session) ? next : null)
      } catch (error) {
        // What the token is still good for need not fail because its successor cannot be had.
        if (isPassing(error) && session.expiresAt > now()) return proofOf(session)
        throw error
      }
    },

    async renew(used) {
      let session = await latest()
      // Unless somebody else renewed it while the call was on its way.
      if (session !== null && proofOf(session).header === used.header) session = await renewed(session)
      const proof = proofOf(session)
      return proof.header !== null && proof.session === used.session ? proof : null
    },

    async open(answer) {
      const session = sessionOf(answer as TokenPair) // looked at there
      tabs.tell({ kind: 'signed-in', session })
      await adopt(session)
      return session.user
    },

    close: (only) => end(null, only),

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
