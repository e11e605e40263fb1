import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Code } from '../parts/copy.tsx'
import { Notice } from '../parts/notice.tsx'
import { tokens as texts } from '../texts/credentials.ts'

export interface IssuedPart {
  readonly label: string
  readonly value: string
  readonly help?: string
}

export interface IssuedProps {
  /** Null: nothing is shown. */
  readonly parts: readonly IssuedPart[] | null
  readonly title: string
  readonly onKept: () => void
  readonly children?: ReactNode
}

/** A secret that is shown once: only its own button closes it, no slip of the hand. */
export function Issued({ parts, title, onKept, children }: IssuedProps) {
  return (
    <Modal
      opened={parts !== null}
      onClose={onKept}
      title={title}
      size="lg"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="md">
        <Notice kind="warn" title={texts.once}>
          {texts.onceHelp}
        </Notice>
        {parts?.map(({ label, value, help }) => (
          <div key={label}>
            <Text fw={600} size="sm">
              {label}
            </Text>
            {help !== undefined && (
              <Text c="dimmed" size="sm" mb={4}>
                {help}
              </Text>
            )}
            <Code value={value} what={label} />
          </div>
        ))}
        {children}
        <Group justify="flex-end">
          <Button onClick={onKept} data-autofocus>
            {texts.kept}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
