import { Button, Group, Text } from '@mantine/core'
import { useEffect } from 'react'
import { acting, leaveActing } from '../api/acting.ts'
import { signOut } from '../api/session.ts'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { acting as texts } from '../texts/common.ts'
import { clockText } from '../texts/time.ts'

/** While an administrator acts as somebody else: who, until when, and the way back. */
export function ActingBanner() {
  useEffect(() => {
    if (acting === null) return
    const timer = setTimeout(leaveActing, Date.parse(acting.until) - Date.now())
    return () => clearTimeout(timer)
  }, [])
  const form = useForm(() => signOut())
  if (acting === null) return null
  return (
    <form {...form.props} className="acting" aria-label={texts.banner(acting.username)}>
      <Problem error={form.error} />
      <Group justify="space-between" gap="sm">
        <div role="status">
          <span className="acting-name">{texts.banner(acting.username)}</span>
          <Text size="sm">{texts.until(clockText(acting.until))}</Text>
        </div>
        <Button type="submit" variant="default" loading={form.busy}>
          {texts.stop}
        </Button>
      </Group>
    </form>
  )
}
