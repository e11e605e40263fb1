import { Button, Center, Loader, Stack } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { Redirect, useLocation, useSearch } from 'wouter'
import { idleSecondsLeft } from '../api/activity.ts'
import { useMeQuery } from '../api/me.ts'
import { type Ending, lastEnding, leaveIdle } from '../api/session.ts'
import { Problem } from '../parts/notice.tsx'
import { common } from '../texts/common.ts'

/** Lets in who is signed in, and sends others to the sign-in, from where they come back. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const { data: me, error, refetch } = useMeQuery()
  const [location] = useLocation()
  const search = useSearch()
  // Opened again after too long: nothing is shown to whoever sits there now.
  const [late] = useState(() => idleSecondsLeft() <= 0)
  const mustLeave = late && me !== undefined && me !== null
  useEffect(() => {
    if (mustLeave) void leaveIdle()
  }, [mustLeave])
  if (me === null) {
    const why = lastEnding()
    const from = why === 'left' ? '/' : search === '' ? location : `${location}?${search}`
    return <Redirect to={signInAddress(from, why)} replace />
  }
  if (me !== undefined && !late) return children
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

/** `return_to` is a path of this origin, as other pages of it may send people here too. */
function signInAddress(from: string, why: Ending | null): string {
  const params = new URLSearchParams()
  if (from !== '/') params.set('return_to', `/console${from}`)
  if (why !== null) params.set('why', why)
  const query = params.toString()
  return `/sign-in${query === '' ? '' : `?${query}`}`
}
