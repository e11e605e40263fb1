import { Button, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { type Made, type Sending, type Tried, tryWith } from '../api/made.ts'
import { tryIt as texts } from '../texts/calls.ts'
import { Problem } from './notice.tsx'

export interface TryItProps {
  readonly sending: Sending
  /** Null: the session of this page. */
  readonly credential: Made | null
}

/** Calls the server with a credential and shows what it says. */
export function TryIt({ sending, credential }: TryItProps) {
  const [busy, setBusy] = useState(false)
  const [tried, setTried] = useState<Tried | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const run = async () => {
    setBusy(true)
    setFailure(null)
    try {
      setTried(await tryWith(sending, credential))
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Stack gap="xs" align="flex-start">
      <Text size="sm" c="dimmed">
        {credential === null ? texts.cookie : texts.made(credential.name)}
      </Text>
      <Button variant="default" loading={busy} onClick={() => void run()}>
        {texts.button}
      </Button>
      <Problem error={failure} />
      {tried !== null && (
        <div className="wide" role="status">
          <Text size="sm" mb={4}>
            {texts.answered(tried.status)}
          </Text>
          <pre className="code">{tried.body}</pre>
        </div>
      )}
    </Stack>
  )
}
