import { Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../api/session.ts'
import { Notice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { admin } from '../texts/admin.ts'
import { server as texts } from '../texts/admin-server.ts'
import { type Configuration, server } from './calls.ts'
import { Filters, SearchFilter, useFilter } from './filters.tsx'
import './admin.css'

const { configuration: words } = texts
type Setting = Configuration['items'][number]

/** The settings in force. */
export function ConfigurationPage() {
  const found = useQuery({ queryKey: ['admin', 'configuration'], queryFn: () => call(server.configuration) })
  return (
    <Page title={words.title} intro={words.intro}>
      <Loaded query={found} rows={10}>
        {(configuration) => <Whole configuration={configuration} />}
      </Loaded>
    </Page>
  )
}

function Whole({ configuration: { strict, file, relaxations, items } }: { readonly configuration: Configuration }) {
  const [search] = useFilter('search')
  const [changed, setChanged] = useFilter('changed')
  const wanted = search.toLowerCase()
  const shown = items
    .filter(({ source }) => changed !== 'yes' || source !== 'default')
    .filter(({ setting, doc, variable }) =>
      [setting, doc, variable].some((text) => text.toLowerCase().includes(wanted)),
    )
  return (
    <>
      <Section>
        <dl className="facts">
          <dt>{words.mode}</dt>
          <dd>{strict ? words.strict : words.development}</dd>
          <dt>{words.file}</dt>
          <dd>{file ?? words.noFile}</dd>
        </dl>
        {relaxations.length > 0 && (
          <Notice kind="warn" title={words.relaxed}>
            <ul>
              {relaxations.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </Notice>
        )}
      </Section>
      <Section>
        <Filters names={['search', 'changed']}>
          <SearchFilter name="search" label={words.search} placeholder={words.searchHelp} />
          <Switch
            label={words.changed}
            className="filter-wide"
            checked={changed === 'yes'}
            onChange={(event) => setChanged(event.currentTarget.checked ? 'yes' : '')}
            pb={10}
          />
        </Filters>
        <Text size="sm" c="dimmed" role="status">
          {words.found(shown.length)}
        </Text>
        {shown.length === 0 ? (
          <Empty title={admin.nothing} text={admin.nothingHelp} />
        ) : (
          <div>
            {[...Map.groupBy(shown, groupOf)].map(([name, settings]) => (
              <Group key={name} name={name} settings={settings} open={shown.length < items.length} />
            ))}
          </div>
        )}
      </Section>
    </>
  )
}

/** `session.idleSeconds` is in `session`; what has no dot is about the server. */
const groupOf = ({ setting }: Setting): string => (setting.includes('.') ? (setting.split('.', 1)[0] ?? '') : '')

interface GroupProps {
  readonly name: string
  readonly settings: readonly Setting[]
  readonly open: boolean
}

function Group({ name, settings, open }: GroupProps) {
  return (
    // Anew when it is searched for: all that was found is seen.
    <details key={String(open)} className="group" open={open || name === ''}>
      <summary>
        <span>{name === '' ? words.general : name}</span>
        <Text component="span" size="sm" c="dimmed">
          {words.found(settings.length)}
        </Text>
      </summary>
      <ul className="rows">
        {settings.map((setting) => (
          <SettingRow key={setting.setting} setting={setting} />
        ))}
      </ul>
    </details>
  )
}

function SettingRow({ setting }: { readonly setting: Setting }) {
  const fromElsewhere = setting.source !== 'default'
  return (
    <li>
      <div className="row-main">
        <Text fw={600} ff="monospace" size="sm">
          {setting.setting}
        </Text>
        <Text size="sm">{setting.doc}</Text>
        <Text size="xs" c="dimmed">
          {setting.variable}
          {fromElsewhere ? ` · ${words.default(setting.default)}` : ''}
        </Text>
      </div>
      <div className="setting-value" data-set={fromElsewhere || undefined}>
        <Text component="span" ff="monospace" size="sm">
          {valueText(setting)}
        </Text>
        <Text component="span" size="xs" c="dimmed">
          {sourceText(setting.source)}
        </Text>
      </div>
    </li>
  )
}

const sources: Readonly<Record<string, string>> = words.sources
const sourceText = (source: string): string => sources[source] ?? source

function valueText({ shown, is_set: isSet, value, unit }: Setting): string {
  if (!shown) return isSet ? words.secret : words.unset
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return words.none
  if (typeof value === 'boolean') return value ? words.on : words.off
  if (typeof value === 'number') return numberText(value, unit)
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value === 'string') return value
  return Object.keys(value).length === 0 ? words.none : JSON.stringify(value)
}

function numberText(value: number, unit: string | null): string {
  if (unit === null) return value < 10_000 ? String(value) : texts.number(value)
  const text = `${texts.number(value)} ${unit}`
  const plain = unit === 'seconds' ? words.duration(value) : null
  return plain === null ? text : `${text} (${plain})`
}
