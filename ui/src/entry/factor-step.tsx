import { Anchor, Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ClientError } from '../api/client.ts'
import { CodeInput } from '../parts/code-input.tsx'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { entry } from '../texts/entry.ts'
import { Entry } from './threshold.tsx'

const { factor: texts } = entry

export interface FactorStepProps {
  readonly submit: (code: string) => Promise<unknown>
  readonly onEntered: () => Promise<void>
  /** Back to the first factor; `late`: because the time was over. */
  readonly onAgain: (late: boolean) => void
}

/** The second factor: six boxes that send themselves when they are full, or a recovery code. */
export function FactorStep({ submit, onEntered, onAgain }: FactorStepProps) {
  const [recovery, setRecovery] = useState(false)
  const [code, setCode] = useState('')
  const form = useForm(async (values) => {
    try {
      await submit(recovery ? (values.recovery ?? '').trim() : (values.code ?? ''))
    } catch (error) {
      if (error instanceof ClientError && error.code === 'one_time_invalid') return onAgain(true)
      setCode('')
      throw error
    }
    await onEntered()
  })
  return (
    <Entry title={texts.title} lead={recovery ? texts.recoveryLead : texts.lead}>
      <form {...form.props}>
        <Stack gap="md">
          <Problem error={form.error} />
          {recovery ? (
            <TextInput
              key="recovery"
              name="recovery"
              label={texts.recovery}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              autoFocus
              minLength={6}
              maxLength={16}
              error={form.errorOf('recovery')}
            />
          ) : (
            <CodeInput
              name="code"
              label={texts.code}
              boxLabel={texts.box}
              value={code}
              onChange={setCode}
              error={form.errorOf('code')}
              sends
            />
          )}
          <Button type="submit" size="md" loading={form.busy} disabled={!recovery && code.length < 6}>
            {texts.button}
          </Button>
        </Stack>
      </form>
      <Stack gap="xs" align="flex-start">
        <Anchor component="button" type="button" size="sm" onClick={() => setRecovery(!recovery)}>
          {recovery ? texts.useApp : texts.useRecovery}
        </Anchor>
        <Anchor component="button" type="button" size="sm" onClick={() => onAgain(false)}>
          {texts.again}
        </Anchor>
      </Stack>
    </Entry>
  )
}
