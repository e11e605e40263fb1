import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { common } from '../texts/common.ts'
import { useForm } from './form.tsx'
import { Problem } from './notice.tsx'

export interface ConfirmProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly title: string
  /** What will happen, and what will not come back. */
  readonly children: ReactNode
  /** The verb of the button: `Revoke the key`. */
  readonly verb: string
  /** Has to be typed first, where nothing brings it back. */
  readonly word?: string
  readonly run: () => Promise<unknown>
}

/** Asks before something that cannot be taken back. */
export function Confirm({ opened, onClose, title, children, verb, word, run }: ConfirmProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': common.close }}>
      <ConfirmForm {...{ onClose, verb, run }} {...(word === undefined ? {} : { word })}>
        {children}
      </ConfirmForm>
    </Modal>
  )
}

type FormProps = Omit<ConfirmProps, 'opened' | 'title'>

function ConfirmForm({ onClose, children, verb, word, run }: FormProps) {
  const [typed, setTyped] = useState('')
  const form = useForm(async () => {
    await run()
    onClose()
  })
  return (
    <form {...form.props}>
      <Stack gap="md">
        <Problem error={form.error} />
        <Text component="div">{children}</Text>
        {word !== undefined && (
          <TextInput
            label={common.typeToConfirm(word)}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            data-autofocus
          />
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose} {...(word === undefined ? { 'data-autofocus': true } : {})}>
            {common.cancel}
          </Button>
          <Button
            type="submit"
            color="red.9"
            loading={form.busy}
            disabled={word !== undefined && typed.trim() !== word}
          >
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
