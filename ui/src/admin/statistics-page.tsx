import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../api/session.ts'
import { Page, Section } from '../parts/page.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { server } from '../texts/admin-server.ts'
import { dayText } from '../texts/time.ts'
import { log, type Statistics } from './calls.ts'
import { DayChart } from './day-chart.tsx'
import { ChoiceFilter, useFilter } from './filters.tsx'
import './admin.css'

const { statistics: texts } = server
const periods = [7, 30, 90, 365] as const
const usual = 30

type Day = Statistics['items'][number]
type Counted = Exclude<keyof Day, 'day'>

const series = [
  { name: 'successes', label: texts.successes, color: 'good' },
  { name: 'failures', label: texts.failures, color: 'bad' },
  { name: 'factor_failures', label: texts.factorFailures, color: 'bad' },
  { name: 'limited', label: texts.limited, color: 'warn' },
] as const satisfies readonly { readonly name: Counted; readonly label: string; readonly color: string }[]

/** How sign-ins went, day by day. */
export function StatisticsPage() {
  const [wanted] = useFilter('days')
  const days = periods.find((each) => String(each) === wanted) ?? usual
  const found = useQuery({ queryKey: ['admin', 'statistics', days], queryFn: () => call(() => log.statistics(days)) })
  return (
    <Page title={texts.title} intro={texts.intro}>
      <search className="period">
        <ChoiceFilter
          name="days"
          label={texts.range}
          all={texts.days(usual)}
          choices={periods
            .filter((each) => each !== usual)
            .map((each) => ({ value: String(each), label: texts.days(each) }))}
        />
      </search>
      <Loaded query={found} rows={8}>
        {(statistics) => <Charts statistics={statistics} />}
      </Loaded>
    </Page>
  )
}

const sum = (items: readonly Day[], name: Counted): number => items.reduce((total, day) => total + day[name], 0)

function Charts({ statistics: { items, kept_days: kept } }: { readonly statistics: Statistics }) {
  if (series.every(({ name }) => sum(items, name) === 0)) {
    return (
      <Section>
        <Empty title={texts.empty} text={texts.emptyHelp} />
      </Section>
    )
  }
  return (
    <>
      <div className="charts">
        {series.map(({ name, label, color }) => (
          <Section key={name}>
            <DayChart
              label={label}
              color={color}
              days={items.map((day) => ({ day: day.day, count: day[name] }))}
              total={sum(items, name)}
            />
          </Section>
        ))}
      </div>
      <Section>
        <details>
          <summary className="details-title">{texts.table}</summary>
          <Numbers items={items} />
        </details>
        <Text size="sm" c="dimmed">
          {texts.kept(kept)}
        </Text>
      </Section>
    </>
  )
}

function Numbers({ items }: { readonly items: readonly Day[] }) {
  return (
    <Table.ScrollContainer minWidth={480} mt="md">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{texts.day}</Table.Th>
            {series.map(({ name, label }) => (
              <Table.Th key={name} scope="col" ta="right">
                {label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.toReversed().map((day) => (
            <Table.Tr key={day.day}>
              <Table.Th scope="row" fw={400}>
                {dayText(`${day.day}T12:00:00Z`)}
              </Table.Th>
              {series.map(({ name }) => (
                <Table.Td key={name} ta="right">
                  {server.number(day[name])}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
