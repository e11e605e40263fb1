import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../api/session.ts'
import { Notice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { server as texts } from '../texts/admin-server.ts'
import { type PieceSample, type PieceTypes, server } from './calls.ts'
import { ChoiceFilter, useFilter } from './filters.tsx'
import { Tag } from './tag.tsx'
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

const kinds = { yes: 'good', partly: 'warn', no: 'plain' } as const

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
                    <Tag kind={kinds[shown]}>{words[shown]}</Tag>
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
        <Section title={words.sample} intro={sample.stored ? words.sampleHelp : words.blank}>
          <Comparison {...sample} />
        </Section>
      )}
    </Loaded>
  )
}

/** Member by member, so that what the projection hides can be said in words. */
function Comparison({ anonymous, whole }: PieceSample) {
  const names = [...new Set([...Object.keys(whole ?? {}), ...Object.keys(anonymous ?? {})])]
  return (
    <>
      {anonymous === null && <Notice kind="warn" title={words.notSeen} />}
      <Table.ScrollContainer minWidth={480}>
        <Table className="sample">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col" w="26%">
                {words.member}
              </Table.Th>
              <Table.Th scope="col">{words.anonymous}</Table.Th>
              <Table.Th scope="col">{words.whole}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {names.map((name) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Value document={anonymous} name={name} />
                <Value document={whole} name={name} />
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  )
}

interface ValueProps {
  readonly document: PieceSample['whole']
  readonly name: string
}

function Value({ document, name }: ValueProps) {
  if (document === null || !Object.hasOwn(document, name)) return <Table.Td data-hidden>{words.hiddenLine}</Table.Td>
  return (
    <Table.Td>
      <code>{JSON.stringify(document[name], null, 1)}</code>
    </Table.Td>
  )
}
