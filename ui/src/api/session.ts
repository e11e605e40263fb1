import { QueryClient } from '@tanstack/react-query'
import { CallError, send, type Wish } from './client.ts'
import { askForProof } from './proof.ts'

/** The person changed their mind in the middle of something: nothing to complain about. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => count < 2 && error instanceof CallError && [0, 503].includes(error.status),
    },
    mutations: { retry: false },
  },
})

export type Ending = 'left' | 'idle' | 'ended'

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('cardea-console')
const listeners = new Set<(why: Ending) => void>()

channel?.addEventListener('message', ({ data }) => {
  if (data === 'left' || data === 'idle') tell(data)
})

function tell(why: Ending): void {
  queries.clear()
  for (const listener of listeners) listener(why)
}

/** Calls `listener` when the session has ended, in this tab or in another one. Answers how to stop that. */
export function onEnd(listener: (why: Ending) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What `Clear-Site-Data` takes along although it is no part of the session. */
const kept = ['mantine-color-scheme-value']

/** Ends the session here and in all tabs. Throws when the server could not end it: then nobody is signed out. */
export async function signOut(why: Exclude<Ending, 'ended'> = 'left'): Promise<void> {
  const before = kept.map((name) => [name, localStorage.getItem(name)] as const)
  try {
    await send('POST', '/auth/sign-out', { body: {} })
  } catch (error) {
    // Whoever has no session any more is signed out already.
    if (!(error instanceof CallError && error.status === 401)) throw error
  }
  for (const [name, value] of before) if (value !== null) localStorage.setItem(name, value)
  channel?.postMessage(why)
  tell(why)
}

type Method = Parameters<typeof send>[0]

/**
 * A call of somebody who is signed in. Where the server wants a fresh proof it is asked for and the call made again;
 * where the session has ended, the page is told. Throws CallError, or Cancelled.
 */
export async function call<T = void>(method: Method, path: string, wish: Wish = {}): Promise<T> {
  try {
    return await send<T>(method, path, wish)
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    if (error.code === 'reauthentication_required') {
      if (!(await askForProof())) throw new Cancelled()
      return send<T>(method, path, wish)
    }
    if (error.status === 401 && error.code !== 'credentials_wrong' && error.code !== 'mfa_code_wrong') tell('ended')
    throw error
  }
}
