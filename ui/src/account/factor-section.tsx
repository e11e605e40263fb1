import { Button, Group, Modal, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { client } from '../api/client.ts'
import { useMe, useMeChanged } from '../api/me.ts'
import { Cancelled, call } from '../api/session.ts'
import { CodeInput } from '../parts/code-input.tsx'
import { Confirm } from '../parts/confirm.tsx'
import { Code } from '../parts/copy.tsx'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { Section } from '../parts/page.tsx'
import { account } from '../texts/account.ts'
import { common } from '../texts/common.ts'
import { RecoveryCodes } from './recovery-codes.tsx'

const { security: texts } = account

type Enrolment = Awaited<ReturnType<typeof client.factor.begin>>
type Asking = 'codes' | 'off'

export function FactorSection() {
  const { user } = useMe()
  const changed = useMeChanged()
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const [asking, setAsking] = useState<Asking | null>(null)
  const [failure, setFailure] = useState<unknown>(null)

  const begin = async () => {
    setFailure(null)
    try {
      setEnrolment(await call(() => client.factor.begin()))
    } catch (error) {
      if (!(error instanceof Cancelled)) setFailure(error)
    }
  }
  const stop = () => setAsking(null)
  return (
    <Section title={texts.factor} intro={user.second_factor ? texts.factorOn : texts.factorOff}>
      <Problem error={failure} />
      <Group gap="sm">
        {user.second_factor ? (
          <>
            <Button variant="default" onClick={() => setAsking('codes')}>
              {texts.newCodes}
            </Button>
            <Button variant="default" onClick={() => setAsking('off')}>
              {texts.off}
            </Button>
          </>
        ) : (
          <Button onClick={() => void begin()}>{texts.begin}</Button>
        )}
      </Group>
      <Modal
        opened={enrolment !== null}
        onClose={() => setEnrolment(null)}
        title={texts.setUpTitle}
        closeButtonProps={{ 'aria-label': common.close }}
      >
        {enrolment !== null && (
          <Enrol
            enrolment={enrolment}
            onDone={(made) => {
              setEnrolment(null)
              setCodes(made)
              void changed()
            }}
          />
        )}
      </Modal>
      <RecoveryCodes codes={codes} onKept={() => setCodes(null)} />
      <Confirm
        opened={asking === 'codes'}
        onClose={stop}
        title={texts.newCodesTitle}
        verb={texts.newCodesVerb}
        run={async () => setCodes((await call(() => client.factor.newRecoveryCodes())).recovery_codes)}
      >
        {texts.newCodesText}
      </Confirm>
      <Confirm
        opened={asking === 'off'}
        onClose={stop}
        title={texts.offTitle}
        verb={texts.offVerb}
        run={async () => {
          await call(() => client.factor.remove())
          await changed()
        }}
      >
        {texts.offText}
      </Confirm>
    </Section>
  )
}

function Enrol({
  enrolment,
  onDone,
}: {
  readonly enrolment: Enrolment
  readonly onDone: (codes: readonly string[]) => void
}) {
  const [code, setCode] = useState('')
  const form = useForm(async () => {
    try {
      onDone((await call(() => client.factor.confirm({ code }))).recovery_codes)
    } catch (error) {
      setCode('')
      throw error
    }
  })
  return (
    <form {...form.props}>
      <Stack gap="md">
        <Title order={3}>{texts.step1}</Title>
        <Text c="dimmed" size="sm">
          {texts.step1Text}
        </Text>
        {/* A picture of its own, dark on light whatever the colours are: scanners want it so. */}
        <img
          className="qr"
          src={`data:image/svg+xml,${encodeURIComponent(enrolment.qr_svg)}`}
          alt={texts.qr}
          width={196}
          height={196}
        />
        <div>
          <Text size="sm" fw={600} mb={4}>
            {texts.secret}
          </Text>
          <Code value={enrolment.secret.replace(/(.{4})(?=.)/g, '$1 ')} what={texts.secret} />
        </div>
        <Title order={3}>{texts.step2}</Title>
        <Problem error={form.error} />
        <CodeInput
          name="code"
          label={texts.code}
          boxLabel={texts.box}
          value={code}
          onChange={setCode}
          error={form.errorOf('code')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={form.busy} disabled={code.length < 6}>
            {texts.confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
