import { ClientError } from './errors.ts'
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

  async function hear({ kind }: Message): Promise<void> {
    if (kind !== 'signed-in' && kind !== 'signed-out') return
    known = kind === 'signed-in' ? null : Promise.resolve(null)
    listeners.tell(await user(), null)
  }

  function user(): Promise<User | null> {
    if (known === null) {
      const asked = ask()
      known = asked
      // A failure is not remembered: the next one asks again.
      asked.catch(() => {
        if (known === asked) known = null
      })
    }
    return known
  }

  async function end(reason: string | null): Promise<void> {
    known = Promise.resolve(null)
    tabs.tell({ kind: 'signed-out' })
    listeners.tell(null, reason)
  }

  return {
    authorization: async () => authorization,
    async renew() {
      if (authorization === null && known !== null && (await known.catch(() => null)) !== null)
        await end('credential_revoked')
      return null
    },
    async open(answer) {
      if (authorization !== null) throw new TypeError('a client with a fixed credential does not sign in')
      if ('refresh_token' in answer || 'token' in answer)
        throw new ClientError('unexpected_answer', 'The sign-in answered tokens.', 200)
      known = Promise.resolve(answer.user)
      tabs.tell({ kind: 'signed-in', session: null })
      listeners.tell(answer.user, null)
      return answer.user
    },
    close: () => end(null),
    user,
    async learn(next) {
      known = Promise.resolve(next)
      listeners.tell(next, null)
    },
    listen: listeners.add,
    dispose: tabs.close,
  }
}
