import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { client } from '../api/client.ts'
import { useMe } from '../api/me.ts'
import { registerProver } from '../api/proof.ts'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { common } from '../texts/common.ts'
import { proof } from '../texts/proof.ts'

/** Opens when a call needs a fresh proof; the call waits for it. */
export function ProofDialog() {
  const [answer, setAnswer] = useState<((proven: boolean) => void) | null>(null)
  useEffect(() => registerProver(() => new Promise((resolve) => setAnswer(() => resolve))), [])
  const close = (proven: boolean) => {
    answer?.(proven)
    setAnswer(null)
  }
  return (
    <Modal
      opened={answer !== null}
      onClose={() => close(false)}
      title={proof.title}
      zIndex={400}
      closeButtonProps={{ 'aria-label': common.close }}
    >
      <ProofForm onProven={() => close(true)} onCancel={() => close(false)} />
    </Modal>
  )
}

function ProofForm({ onProven, onCancel }: { readonly onProven: () => void; readonly onCancel: () => void }) {
  const { user } = useMe()
  const form = useForm(async ({ password = '', code = '' }) => {
    await client.account.reauthenticate({ password, ...(code === '' ? {} : { code: code.trim() }) })
    onProven()
  })
  return (
    <form {...form.props}>
      <Stack gap="md">
        <Problem error={form.error} />
        <Text>{proof.lead}</Text>
        <input type="text" name="username" autoComplete="username" value={user.username} readOnly hidden />
        <PasswordInput
          name="password"
          label={proof.password}
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          error={form.errorOf('password')}
        />
        {user.second_factor && (
          <TextInput
            name="code"
            label={proof.code}
            autoComplete="one-time-code"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            error={form.errorOf('code')}
          />
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onCancel}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={form.busy}>
            {proof.confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
