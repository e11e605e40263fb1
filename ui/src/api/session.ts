import { QueryClient } from '@tanstack/react-query'
import { acting, leaveActing } from './acting.ts'
import { ClientError, client } from './client.ts'
import { askForProof } from './proof.ts'

/** The person changed their mind in the middle of something: nothing to complain about. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => count < 2 && error instanceof ClientError && [0, 503].includes(error.status),
    },
  },
})

export const meKey = ['me'] as const

/** Left by wish, after nothing was done for long, or ended by somebody or something else. */
export type Ending = 'left' | 'idle' | 'ended'

let ending: Ending | null = null
/** What the next end will have been, where we know better than the client. */
let expected: Ending | null = null

/** How the last session of this page ended; null when there was none. */
export const lastEnding = (): Ending | null => ending

// Heard of whatever tab it happens in.
client.onChange((user, reason) => {
  if (user === null && acting !== null) {
    leaveActing()
    return
  }
  if (user === null) {
    ending = expected ?? (reason === null ? 'left' : 'ended')
    queries.setQueryData(meKey, null)
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meKey[0] })
  } else {
    ending = null
    void queries.invalidateQueries()
  }
  expected = null
})

/** What `Clear-Site-Data` takes along although it is no part of the session. */
const kept = ['mantine-color-scheme-value']

/** Ends the session here and in all tabs. Throws when the server could not end it: then nobody is signed out. */
export async function signOut(why: 'left' | 'idle' = 'left'): Promise<void> {
  const before = kept.map((name) => [name, localStorage.getItem(name)] as const)
  expected = why
  await client.signOut()
  for (const [name, value] of before) if (value !== null) localStorage.setItem(name, value)
}

let leaving = false

/** After nothing was done for too long. Where the server cannot be told, what is shown goes away all the same. */
export async function leaveIdle(): Promise<void> {
  if (leaving) return
  leaving = true
  try {
    await signOut('idle')
  } catch {
    expected = 'idle'
    await client.forget()
  } finally {
    leaving = false
  }
}

const refusedProofs: readonly string[] = ['credentials_wrong', 'mfa_code_wrong']

/**
 * A call of somebody who is signed in. Where the server wants a fresh proof it is asked for and the call made again;
 * where the session has ended, the way leads to the sign-in. Throws ClientError, or Cancelled.
 */
export async function call<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    if (error.code === 'reauthentication_required') {
      if (!(await askForProof())) throw new Cancelled()
      return run()
    }
    if (error.status === 401 && !refusedProofs.includes(error.code)) {
      expected = 'ended'
      await client.forget()
    }
    throw error
  }
}
