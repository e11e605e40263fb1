import { Badge, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../api/session.ts'
import { Notice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { server as texts } from '../texts/admin-server.ts'
import { type PieceSample, type PieceTypes, server } from './calls.ts'
import { ChoiceFilter, useFilter } from './filters.tsx'
import './admin.css'

const { pieces: words } = texts
type PieceType = PieceTypes['items'][number]

/** What of the declared documents is public. */
export function PiecesPage() {
  const found = useQuery({ queryKey: ['admin', 'pieces'], queryFn: () => call(server.pieces) })
  const [wanted] = useFilter('type')
  return (
    <Page title={words.title} intro={words.intro}>
      <Loaded query={found}>
        {({ items }) => {
          const type = items.find(({ name }) => name === wanted) ?? items[0]
          if (type === undefined) {
            return (
              <Section>
                <Empty title={words.empty} text={words.emptyHelp} />
              </Section>
            )
          }
          const others = items.filter((each) => each !== items[0])
          return (
            <>
              {others.length > 0 && (
                <search className="period">
                  <ChoiceFilter
                    name="type"
                    label={words.type}
                    all={items[0]?.name ?? ''}
                    choices={others.map(({ name }) => ({ value: name, label: name }))}
                  />
                </search>
              )}
              <Fields type={type} />
              <Samples key={type.name} type={type} />
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function shownOf(name: string, projection: readonly string[] | null): 'yes' | 'partly' | 'no' {
  if (projection === null) return 'no'
  if (projection.includes(name)) return 'yes'
  return projection.some((path) => path.startsWith(`${name}.`)) ? 'partly' : 'no'
}

const colors = { yes: 'door', partly: 'yellow', no: 'gray' } as const

function Fields({ type }: { readonly type: PieceType }) {
  return (
    <Section title={words.fields} intro={words.rights(type.view_role, type.edit_role, type.publish_role)}>
      {type.projection === null && <Notice kind="warn" title={words.hidden} />}
      {type.guests_see_all && <Notice kind="warn" title={words.guests} />}
      <Table.ScrollContainer minWidth={320}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words.field}</Table.Th>
              <Table.Th scope="col">{words.kind}</Table.Th>
              <Table.Th scope="col">{words.public}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {type.fields.map((field) => {
              const shown = shownOf(field.name, type.projection)
              return (
                <Table.Tr key={field.name}>
                  <Table.Th scope="row" fw={600}>
                    {field.name}
                  </Table.Th>
                  <Table.Td>
                    {field.type}
                    {field.with_type === null ? '' : `: ${field.with_type}`}
                    {field.fields.length > 0 && (
                      <Text component="span" size="sm" c="dimmed">
                        {' '}
                        ({field.fields.map(({ name }) => name).join(', ')})
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Badge color={colors[shown]}>{words[shown]}</Badge>
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  )
}

function Samples({ type }: { readonly type: PieceType }) {
  const found = useQuery({
    queryKey: ['admin', 'pieces', type.name],
    queryFn: () => call(() => server.sample(type.name)),
  })
  return (
    <Loaded query={found} rows={6}>
      {(sample) => (
        <>
          {!sample.stored && <Notice kind="good" title={words.blank} />}
          <div className="side-by-side">
            <Section title={words.anonymous}>
              <Document document={sample.anonymous} />
            </Section>
            <Section title={words.whole}>
              <Document document={sample.whole} beside={sample.anonymous} />
            </Section>
          </div>
        </>
      )}
    </Loaded>
  )
}

interface DocumentProps {
  readonly document: PieceSample['whole']
  /** What is not in this one is marked. */
  readonly beside?: PieceSample['anonymous']
}

/** Member by member, so that what the projection hides can be marked in words too. */
function Document({ document, beside }: DocumentProps) {
  if (document === null) return <Text c="dimmed">{words.notSeen}</Text>
  return (
    <ul className="members">
      {Object.entries(document).map(([name, value]) => {
        const hidden = beside !== undefined && !(beside !== null && name in beside)
        return (
          <li key={name} data-hidden={hidden || undefined}>
            <span className="member-name">{name}</span>
            {hidden && <span className="member-mark">{words.hiddenLine}</span>}
            <code>{JSON.stringify(value, null, 1)}</code>
          </li>
        )
      })}
    </ul>
  )
}
