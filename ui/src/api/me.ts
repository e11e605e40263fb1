import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CallError, send } from './client.ts'

export interface User {
  readonly id: string
  readonly kind: 'person' | 'service'
  readonly username: string
  readonly email: string | null
  readonly unproven_email: string | null
  readonly status: string
  readonly role: string
  readonly scopes: readonly string[]
  readonly second_factor: boolean
  readonly created_at: string
  readonly last_sign_in_at: string | null
}

export interface Me {
  readonly user: User
  readonly credential: { readonly kind: string; readonly scopes: readonly string[]; readonly actor: string | null }
}

export const meKey = ['me'] as const

/** Who is signed in; null when nobody is. */
export async function readMe(): Promise<Me | null> {
  try {
    return await send<Me>('GET', '/auth/me')
  } catch (error) {
    if (error instanceof CallError && error.status === 401) return null
    throw error
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

export function useMeChanged(): () => Promise<void> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: meKey })
}
