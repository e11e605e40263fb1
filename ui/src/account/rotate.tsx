import { Button, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { common } from '../texts/common.ts'
import { tokens as texts } from '../texts/credentials.ts'

export interface RotateProps {
  readonly title: string | null
  readonly text: string
  readonly onClose: () => void
  readonly run: (graceSeconds: number) => Promise<unknown>
}

/** Asks how long the old one is to work beside its successor. */
export function Rotate({ title, text, onClose, run }: RotateProps) {
  return (
    <Modal
      opened={title !== null}
      onClose={onClose}
      title={title ?? ''}
      closeButtonProps={{ 'aria-label': common.close }}
    >
      <RotateForm {...{ text, onClose, run }} />
    </Modal>
  )
}

function RotateForm({ text, onClose, run }: Omit<RotateProps, 'title'>) {
  const [grace, setGrace] = useState('3600')
  const form = useForm(() => run(Number(grace)))
  return (
    <form {...form.props}>
      <Stack gap="md">
        <Problem error={form.error} />
        <Text>{text}</Text>
        <NativeSelect
          label={texts.grace}
          value={grace}
          onChange={(event) => setGrace(event.currentTarget.value)}
          data={texts.graces.map(([seconds, label]) => ({ value: String(seconds), label }))}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={form.busy}>
            {texts.rotateVerb}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
