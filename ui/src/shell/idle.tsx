import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { idleSecondsLeft, noteActivity } from '../api/activity.ts'
import { leaveIdle, signOut } from '../api/session.ts'
import { facts } from '../facts.ts'
import { idle } from '../texts/proof.ts'

/** How long before the end the person is asked. */
const WARN_SECONDS = Math.min(60, facts.idle_seconds / 2)
const NOTE_EVERY_MS = 1000
const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const

/** Signs out where nothing was done for long, and says so before. */
export function IdleWatch() {
  const [left, setLeft] = useState<number | null>(null)
  const warning = left !== null

  useEffect(() => {
    // While the question stands, only its answer counts: a cat on the keyboard is nobody.
    if (warning) return
    let noted = 0
    const onSign = () => {
      const now = Date.now()
      if (now - noted < NOTE_EVERY_MS) return
      noted = now
      noteActivity()
    }
    for (const sign of signs) addEventListener(sign, onSign, { passive: true })
    return () => {
      for (const sign of signs) removeEventListener(sign, onSign)
    }
  }, [warning])

  useEffect(() => {
    const timer = setInterval(() => {
      const rest = idleSecondsLeft()
      if (rest <= 0) void leaveIdle()
      setLeft(rest > WARN_SECONDS ? null : Math.max(0, Math.ceil(rest)))
    }, 1000)
    return () => clearInterval(timer)
  }, [])

  const stay = () => {
    noteActivity()
    setLeft(null)
  }
  return (
    <Modal opened={warning} onClose={stay} title={idle.title} withCloseButton={false} zIndex={500}>
      <Stack gap="md">
        <Text role="timer">{idle.lead(left ?? 0)}</Text>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={() => void signOut('left').catch(() => {})}>
            {idle.leave}
          </Button>
          <Button onClick={stay} data-autofocus>
            {idle.stay}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
