import { useQuery } from '@tanstack/react-query'
import { call } from '../api/session.ts'
import { users } from './calls.ts'

/** The roles of this server, and all scopes that it knows. */
export function useRoles() {
  return useQuery({ queryKey: ['admin', 'roles'], queryFn: () => call(users.roles), staleTime: 300_000 })
}
