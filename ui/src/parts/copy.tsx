import { Button, Group, VisuallyHidden } from '@mantine/core'
import { useEffect, useState } from 'react'
import { common } from '../texts/common.ts'
import { Icon } from './icon.tsx'

/** `what` completes "Copy …" for those who do not see what stands beside it. */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<Icon name={copied ? 'check' : 'copy'} size={15} />}
      onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
    >
      <span aria-hidden="true">{copied ? common.copied : common.copy}</span>
      <VisuallyHidden>{copied ? common.copied : common.copyThis(what)}</VisuallyHidden>
    </Button>
  )
}

/** Text to be copied as it stands. */
export function Code({ value, what }: { readonly value: string; readonly what: string }) {
  return (
    <div>
      <pre className="code">{value}</pre>
      <Group justify="flex-end" mt={6}>
        <CopyButton value={value} what={what} />
      </Group>
    </div>
  )
}
