import { useQueryClient } from '@tanstack/react-query'

/** After a change: what is shown of people and their credentials is asked for anew. */
export function useChanged(): () => Promise<void> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: ['admin'] })
}
