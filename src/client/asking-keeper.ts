import { ClientError, type ErrorCode, isObject } from './errors.ts'
import { createListeners, type Keeper } from './keeper.ts'
import type { User } from './storage.ts'
import { createTabs, type Message, noTabs } from './tabs.ts'

export interface AskingKeeperDeps {
  /** A fixed credential, or null where the browser sends a cookie that no script sees. */
  readonly authorization: string | null
  readonly shareAs: string | null
  /** `GET /auth/me`; null where nobody is signed in. */
  readonly ask: () => Promise<User | null>
}

/** A credential that this client cannot renew. Who it belongs to only the server knows; it is asked once. */
export function createAskingKeeper({ authorization, shareAs, ask }: AskingKeeperDeps): Keeper {
  const listeners = createListeners()
  const tabs = shareAs === null ? noTabs : createTabs(shareAs, hear)
  let known: Promise<User | null> | null = null
  let signedIn = false
  /** Sign-ins that this client knows of: a call from before the last one says nothing about it. */
  let signIns = 0

  async function hear({ kind }: Message): Promise<void> {
    if (kind !== 'signed-in' && kind !== 'signed-out') return
    known = null
    if (kind === 'signed-out') remember(null)
    else signIns += 1
    listeners.tell(await user(), null)
  }

  function remember(user: User | null): void {
    known = Promise.resolve(user)
    signedIn = user !== null
  }

  function user(): Promise<User | null> {
    if (known === null) {
      const asked = ask()
      known = asked
      asked.then(
        (answer) => {
          if (known === asked) remember(answer)
        },
        () => {
          // A failure is not remembered: the next one asks again.
          if (known === asked) known = null
        },
      )
    }
    return known
  }

  function end(reason: ErrorCode | null): void {
    remember(null)
    tabs.tell({ kind: 'signed-out', of: null })
    listeners.tell(null, reason)
  }

  return {
    proof: async () => ({ header: authorization, session: String(signIns) }),
    async renew({ session }) {
      if (authorization === null && signedIn && session === String(signIns)) end('credential_invalid')
      return null
    },
    async open(answer) {
      if (authorization !== null) throw new TypeError('a client with a fixed credential does not sign in')
      if (!isObject(answer) || !isObject(answer.user) || 'refresh_token' in answer || 'token' in answer)
        throw new ClientError('unexpected_answer', 'The server answered no session in a cookie.', 200)
      signIns += 1
      remember(answer.user)
      tabs.tell({ kind: 'signed-in', session: null })
      listeners.tell(answer.user, null)
      return answer.user
    },
    async close() {
      end(null)
    },
    user,
    async learn(next) {
      remember(next)
      listeners.tell(next, null)
    },
    listen: listeners.add,
    dispose: tabs.close,
  }
}
