import { useQuery, useQueryClient } from '@tanstack/react-query'
import { acting, leaveActing } from './acting.ts'
import { ClientError, client } from './client.ts'
import { meKey } from './session.ts'

export type Me = Awaited<ReturnType<typeof client.account.me>>

/** Who is signed in; null when nobody is. */
async function readMe(): Promise<Me | null> {
  try {
    return await client.account.me()
  } catch (error) {
    if (!(error instanceof ClientError && error.status === 401)) throw error
    if (acting !== null) leaveActing()
    return null
  }
}

/** `undefined` while it is not known. */
export function useMeQuery() {
  return useQuery({ queryKey: meKey, queryFn: readMe, staleTime: 60_000 })
}

/** Inside the shell, where somebody is signed in. */
export function useMe(): Me {
  const { data } = useMeQuery()
  if (data === undefined || data === null) throw new TypeError('useMe is for pages of people who are signed in')
  return data
}

export function useMay(scope: string): boolean {
  return useMe().credential.scopes.includes(scope)
}

/** After a change of the account, or a sign-in: asks the server anew, also where no page that is shown wants to know. */
export function useMeChanged(): () => Promise<void> {
  const queries = useQueryClient()
  return () => queries.refetchQueries({ queryKey: meKey, type: 'all' })
}
