import { Button, Center, Loader, Stack } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { Redirect, useLocation, useSearch } from 'wouter'
import { useMeQuery } from '../api/me.ts'
import { onEnd } from '../api/session.ts'
import { Problem } from '../parts/notice.tsx'
import { common } from '../texts/common.ts'

/** Lets in who is signed in, and sends others to the sign-in, from where they come back. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const { data: me, error, refetch } = useMeQuery()
  const [location, navigate] = useLocation()
  const search = useSearch()
  useEffect(
    () => onEnd((why) => navigate(signInAddress(why === 'left' ? '/' : location, why), { replace: true })),
    [location, navigate],
  )
  if (me === null) return <Redirect to={signInAddress(search === '' ? location : `${location}?${search}`)} replace />
  if (me !== undefined) return children
  return (
    <Center mih="60vh" p="md">
      {error === null ? (
        <Loader aria-label={common.loading} />
      ) : (
        <Stack>
          <Problem error={error} />
          <Button variant="default" onClick={() => void refetch()}>
            {common.again}
          </Button>
        </Stack>
      )}
    </Center>
  )
}

function signInAddress(from: string, why?: string): string {
  const params = new URLSearchParams()
  if (from !== '/') params.set('return_to', from)
  if (why !== undefined) params.set('why', why)
  const query = params.toString()
  return `/sign-in${query === '' ? '' : `?${query}`}`
}
