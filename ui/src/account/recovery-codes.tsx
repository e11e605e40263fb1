import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useMe } from '../api/me.ts'
import { facts } from '../facts.ts'
import { CopyButton } from '../parts/copy.tsx'
import { Icon } from '../parts/icon.tsx'
import { account } from '../texts/account.ts'

const { security: texts } = account

export interface RecoveryCodesProps {
  /** Null: nothing is shown. */
  readonly codes: readonly string[] | null
  readonly onKept: () => void
}

/** Shown once: only its own button closes it, no slip of the hand. */
export function RecoveryCodes({ codes, onKept }: RecoveryCodesProps) {
  const { user } = useMe()
  const text = (codes ?? []).join('\n')
  const file = `${texts.codesHead(new URL(facts.public_url).host, user.username)}\n\n${text}\n`
  return (
    <Modal
      opened={codes !== null}
      onClose={onKept}
      title={texts.codesTitle}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack gap="md">
        <Text>{texts.codesText}</Text>
        <pre className="code codes">{text}</pre>
        <Group gap="sm">
          <CopyButton value={text} what={texts.what} />
          <Button
            component="a"
            variant="default"
            size="xs"
            leftSection={<Icon name="download" size={15} />}
            href={`data:text/plain;charset=utf-8,${encodeURIComponent(file)}`}
            download={texts.codesFile}
          >
            {texts.codesDownload}
          </Button>
        </Group>
        <Group justify="flex-end">
          <Button onClick={onKept} data-autofocus>
            {texts.codesKept}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
