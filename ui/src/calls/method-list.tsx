import { Accordion, Anchor, Group, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { lastMade, type Made, type Sending } from '../api/made.ts'
import { Code } from '../parts/copy.tsx'
import { TryIt } from '../parts/try-it.tsx'
import { calls as texts, tryIt } from '../texts/calls.ts'
import { readCurl } from './curl-line.ts'
import { type Language, lineIn } from './languages.ts'

/** One way to authenticate, as `/api/help` has it. */
export interface HelpMethod {
  readonly how_to: string
  readonly title?: string
  readonly purpose?: string
  readonly lifetime?: string
  readonly obtain_curl?: string
  readonly curl?: string
}

interface Named {
  readonly name: string
  readonly method: HelpMethod
}

export interface MethodListProps {
  readonly methods: readonly Named[]
  readonly language: Language
  /** How many are open to begin with. */
  readonly open: number
}

export function MethodList({ methods, language, open }: MethodListProps) {
  return (
    <Accordion multiple defaultValue={methods.slice(0, open).map(({ name }) => name)} order={3} className="methods">
      {methods.map(({ name, method }) => (
        <Accordion.Item key={name} value={name}>
          <Accordion.Control>
            <Text fw={600}>{method.title ?? name}</Text>
            {method.purpose !== undefined && (
              <Text size="sm" c="dimmed">
                {method.purpose}
              </Text>
            )}
          </Accordion.Control>
          <Accordion.Panel>
            <Method name={name} method={method} language={language} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  )
}

function Method({ name, method, language }: Named & { readonly language: Language }) {
  return (
    <Stack gap="md">
      <Text>{method.how_to}</Text>
      {method.lifetime !== undefined && (
        <Text size="sm" c="dimmed">
          {method.lifetime}
        </Text>
      )}
      {method.obtain_curl !== undefined && <Line label={texts.obtain} curl={method.obtain_curl} language={language} />}
      {method.curl !== undefined && <Line label={texts.call} curl={method.curl} language={language} />}
      <Try name={name} />
    </Stack>
  )
}

function Line({
  label,
  curl,
  language,
}: {
  readonly label: string
  readonly curl: string
  readonly language: Language
}) {
  const sent = readCurl(curl)
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {label}
      </Text>
      {sent === null && language !== 'curl' && (
        <Text size="sm" c="dimmed" mb={4}>
          {texts.onlyCurl}
        </Text>
      )}
      <Code value={lineIn(language, curl, sent)} what={label} />
    </div>
  )
}

/** Which of the methods can be tried from here, and with what. */
const tries: Readonly<Record<string, { readonly sending: Sending; readonly kind: Made['kind'] | null }>> = {
  session_cookie: { sending: 'cookie', kind: null },
  private_token: { sending: 'bearer', kind: 'private-token' },
  basic: { sending: 'basic', kind: 'api-key' },
  api_key_authorization: { sending: 'api-key', kind: 'api-key' },
  api_key_header: { sending: 'x-api-key', kind: 'api-key' },
}

function Try({ name }: { readonly name: string }) {
  const how = tries[name]
  if (how === undefined) return null
  const credential = how.kind === null ? null : lastMade(how.kind)
  if (credential === undefined) {
    const [href, action] = how.kind === 'api-key' ? ['/keys', tryIt.makeKey] : ['/tokens', tryIt.makeToken]
    return (
      <Group gap="sm">
        <Text size="sm" c="dimmed">
          {tryIt.make}
        </Text>
        <Anchor component={Link} href={href} size="sm">
          {action}
        </Anchor>
      </Group>
    )
  }
  return <TryIt sending={how.sending} credential={credential} />
}
