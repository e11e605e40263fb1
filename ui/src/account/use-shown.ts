import { useSearchParams } from 'wouter'

/** Whether revoked ones are listed too; kept in the address. */
export function useShowRevoked(): readonly [boolean, (show: boolean) => void] {
  const [params, setParams] = useSearchParams()
  const set = (show: boolean) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before)
        after.delete('cursor')
        if (show) after.set('revoked', 'true')
        else after.delete('revoked')
        return after
      },
      { replace: true },
    )
  return [params.get('revoked') === 'true', set]
}
