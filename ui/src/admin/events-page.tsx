import { Button, Group, Menu, Switch, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../api/session.ts'
import { Icon } from '../parts/icon.tsx'
import { Problem } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PagedList, usePaged } from '../parts/paged.tsx'
import { Empty } from '../parts/states.tsx'
import { admin } from '../texts/admin.ts'
import { server } from '../texts/admin-server.ts'
import { eventText } from '../texts/events.ts'
import { type EventQuery, type LogEvent, log } from './calls.ts'
import { EventRow } from './event-row.tsx'
import { ChoiceFilter, Filters, SearchFilter, useFilter, useFilters } from './filters.tsx'
import { type LiveState, useLive } from './live.ts'
import { PersonFilter } from './person-filter.tsx'
import './admin.css'

const { events: texts } = server
const names = ['kind', 'user', 'actor', 'address', 'from', 'to'] as const

/** A day in the address is a whole day where the person is; the server takes moments. */
function times({ from, to }: { readonly from?: string; readonly to?: string }): Pick<EventQuery, 'from' | 'to'> {
  const start = from === undefined ? undefined : momentOf(`${from}T00:00:00`)
  const end = to === undefined ? undefined : momentOf(`${to}T23:59:59.999`)
  return { ...(start === undefined ? {} : { from: start }), ...(end === undefined ? {} : { to: end }) }
}

/** What somebody wrote into the address may be no day. */
function momentOf(text: string): string | undefined {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}

/** Who did what. */
export function EventsPage() {
  const { from: _from, to: _to, ...filters } = useFilters(...names)
  const days = useFilters('from', 'to')
  const query = { ...filters, ...times(days) }
  const [live, setLive] = useFilter('live')
  const isLive = live === 'on'
  const paged = usePaged({
    key: ['admin', 'events', query],
    list: (place) => log.list({ ...place, ...query }),
    limit: 50,
  })
  const newest = paged.cursor === null ? (paged.found.data?.items[0]?.id ?? 0) : 0
  const ready = isLive && paged.found.data !== undefined && paged.cursor === null
  const { state, events } = useLive(ready, new URLSearchParams(filters).toString(), newest)
  const isFiltered = Object.keys({ ...filters, ...days }).length > 0
  return (
    <Page title={texts.title} intro={texts.intro} actions={<ExportMenu query={query} />}>
      <Section>
        <LogFilters />
        <Group justify="space-between" gap="sm">
          <Switch
            label={texts.follow}
            checked={isLive}
            onChange={(event) => setLive(event.currentTarget.checked ? 'on' : '')}
          />
          <Text size="sm" c="dimmed" role="status">
            {isLive ? said[state] : ''}
          </Text>
        </Group>
        <PagedList
          paged={paged}
          empty={
            events.length > 0 ? (
              <Rows items={events} />
            ) : (
              <Empty
                title={isFiltered ? admin.nothing : texts.empty}
                text={isFiltered ? admin.nothingHelp : texts.emptyHelp}
              />
            )
          }
        >
          {(items) => <Rows items={[...events.filter(({ id }) => id > newest), ...items]} fresh={events.length} />}
        </PagedList>
      </Section>
    </Page>
  )
}

const said: Readonly<Record<LiveState, string>> = {
  off: '',
  waiting: texts.waiting,
  open: texts.following,
  lost: texts.lost,
  full: texts.full,
}

function Rows({ items, fresh = 0 }: { readonly items: readonly LogEvent[]; readonly fresh?: number }) {
  return (
    <ul className="rows">
      {items.map((event, index) => (
        <EventRow key={event.id} event={event} fresh={index < fresh} />
      ))}
    </ul>
  )
}

function LogFilters() {
  const kinds = useQuery({
    queryKey: ['admin', 'event-kinds'],
    queryFn: () => call(log.kinds),
    staleTime: 3_600_000,
  })
  const choices = (kinds.data?.items ?? [])
    .map((value) => ({ value, label: eventText(value) }))
    .sort((a, b) => a.label.localeCompare(b.label))
  return (
    <Filters names={names}>
      <ChoiceFilter name="kind" label={texts.kind} choices={choices} wide />
      <PersonFilter name="user" label={texts.user} all={texts.anybody} />
      <PersonFilter name="actor" label={texts.actor} all={texts.anybody} />
      <SearchFilter name="address" label={texts.address} narrow />
      <DayFilter name="from" label={texts.from} />
      <DayFilter name="to" label={texts.to} />
    </Filters>
  )
}

function DayFilter({ name, label }: { readonly name: string; readonly label: string }) {
  const [value, set] = useFilter(name)
  return <TextInput type="date" label={label} value={value} onChange={(event) => set(event.currentTarget.value)} />
}

type Format = 'csv' | 'jsonl'

function ExportMenu({ query }: { readonly query: Omit<EventQuery, 'limit' | 'cursor'> }) {
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const save = async (format: Format) => {
    setFailure(null)
    setBusy(true)
    try {
      download(await call(() => log.export({ ...query, format })), `audit-log.${format}`)
      await queries.invalidateQueries({ queryKey: ['admin', 'events'] })
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" loading={busy} leftSection={<Icon name="download" />}>
            {texts.export}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void save('csv')}>{texts.exportCsv}</Menu.Item>
          <Menu.Item onClick={() => void save('jsonl')}>{texts.exportJson}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Problem error={failure} />
    </>
  )
}

function download(file: Blob, name: string): void {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
