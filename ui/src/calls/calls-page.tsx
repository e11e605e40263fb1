import { Anchor, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'wouter'
import { client, dataOf } from '../api/client.ts'
import { call } from '../api/session.ts'
import { facts } from '../facts.ts'
import { Page, Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { calls as texts } from '../texts/calls.ts'
import { type Language, languages } from './languages.ts'
import { type HelpMethod, MethodList } from './method-list.tsx'

const isLanguage = (text: string | null): text is Language => languages.some((each) => each === text)

/** Doors that are not this server's own name their methods so. */
const foreign = /^(freesewing|apostrophe|librephotos|hautai)_/

export function CallsPage() {
  const [params, setParams] = useSearchParams()
  const wish = params.get('in')
  const language = isLanguage(wish) ? wish : 'curl'
  const help = useQuery({
    queryKey: ['help'],
    queryFn: () => call(() => dataOf(client.api.GET('/api/help'))),
    staleTime: 300_000,
  })
  return (
    <Page title={texts.title} intro={texts.intro}>
      <Stack gap="xs">
        <SegmentedControl
          className="languages"
          aria-label={texts.language}
          value={language}
          onChange={(next) => setParams({ in: next }, { replace: true })}
          data={languages.map((value) => ({ value, label: texts.languages[value] }))}
        />
        <Text size="sm" c="dimmed">
          {texts.notes[language]}
        </Text>
      </Stack>
      <Loaded query={help} rows={6}>
        {({ authentication }) => {
          const methods = Object.entries(authentication).flatMap(([name, method]) =>
            isMethod(method) ? [{ name, method }] : [],
          )
          const own = methods.filter(({ name }) => !foreign.test(name))
          const others = methods.filter(({ name }) => foreign.test(name))
          return (
            <>
              <Section title={texts.native}>
                <MethodList methods={own} language={language} open={1} />
              </Section>
              {others.length > 0 && (
                <Section title={texts.others}>
                  <MethodList methods={others} language={language} open={0} />
                </Section>
              )}
            </>
          )
        }}
      </Loaded>
      <Section title={texts.read}>
        <Group gap="lg">
          {facts.documents && (
            <>
              <Anchor href="/api/swagger">{texts.swagger}</Anchor>
              <Anchor href="/api/redoc">{texts.redoc}</Anchor>
            </>
          )}
          <Anchor href="/api/help">{texts.help}</Anchor>
        </Group>
      </Section>
    </Page>
  )
}

function isMethod(value: unknown): value is HelpMethod {
  return typeof value === 'object' && value !== null && 'how_to' in value
}
