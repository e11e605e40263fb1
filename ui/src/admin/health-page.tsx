import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../api/session.ts'
import { Notice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { server as texts } from '../texts/admin-server.ts'
import { type Status, server } from './calls.ts'
import { Tag } from './tag.tsx'
import './admin.css'

const { health: words } = texts
const everyMillis = 15_000

/** How the server is. */
export function HealthPage() {
  const found = useQuery({
    queryKey: ['admin', 'status'],
    queryFn: () => call(server.status),
    refetchInterval: everyMillis,
  })
  return (
    <Page title={words.title} intro={words.intro}>
      <Loaded query={found} rows={8}>
        {(status) => <Whole status={status} />}
      </Loaded>
    </Page>
  )
}

/** What somebody has to look at, in words. */
function troubles({ database, changes, mail, jobs, suspended }: Status): readonly string[] {
  const waits = suspended !== null && suspended.keys + suspended.tokens > 0
  const mailFails =
    mail.last_failed_at !== null && (mail.last_sent_at === null || mail.last_sent_at < mail.last_failed_at)
  return [
    ...(database.answers ? [] : [words.databaseSilent]),
    ...(changes.fresh ? [] : [words.changesStale]),
    ...(mailFails ? [words.mailFailed] : []),
    ...jobs.filter(({ failed }) => failed).map(({ name }) => words.jobFailed(name)),
    ...(waits ? [words.suspended(suspended.keys, suspended.tokens)] : []),
  ]
}

function Whole({ status }: { readonly status: Status }) {
  const wrong = troubles(status)
  return (
    <>
      {wrong.length === 0 ? (
        <Notice kind="good" title={words.good} />
      ) : (
        <Notice kind="warn" title={words.bad}>
          <ul>
            {wrong.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Notice>
      )}
      <Server status={status} />
      {status.counts !== null && <Counts counts={status.counts} />}
      <Jobs jobs={status.jobs} />
    </>
  )
}

function Server({ status: { database, changes, mail, ...status } }: { readonly status: Status }) {
  return (
    <Section title={words.server}>
      <dl className="facts">
        <dt>{words.version}</dt>
        <dd>{status.version}</dd>
        <dt>{words.runtime}</dt>
        <dd>{status.runtime}</dd>
        <dt>{words.started}</dt>
        <dd>
          <When iso={status.started_at} />
        </dd>
        <dt>{words.memory}</dt>
        <dd>{words.megabytes(status.memory_bytes)}</dd>
        <dt>{words.database}</dt>
        <dd>
          {words.engines[status.engine]}
          {database.answers
            ? `, ${words.migrations(database.migrations, database.newest_migration ?? '')}`
            : `: ${words.databaseSilent}`}
        </dd>
        <dt>{words.changes}</dt>
        <dd>
          {changes.fresh && changes.age_seconds !== null ? words.changesFresh(changes.age_seconds) : words.changesStale}
        </dd>
        <dt>{words.mail}</dt>
        <dd>
          {mail.via === 'smtp' ? words.mailVia.smtp(mail.host ?? '') : words.mailVia.outbox},{' '}
          {mail.last_sent_at === null ? (
            words.mailNever
          ) : (
            <>
              {words.mailSent} <When iso={mail.last_sent_at} />
            </>
          )}
        </dd>
      </dl>
    </Section>
  )
}

function Counts({ counts: { users, ...counts } }: { readonly counts: NonNullable<Status['counts']> }) {
  const all = { ...users, ...counts }
  return (
    <Section title={words.counts}>
      <dl className="counts">
        {(Object.keys(words.count) as (keyof typeof words.count)[]).map((name) => (
          <div key={name}>
            <dt>{words.count[name]}</dt>
            <dd>{texts.number(all[name])}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

function Jobs({ jobs }: { readonly jobs: Status['jobs'] }) {
  return (
    <Section title={words.jobs}>
      <ul className="rows">
        {jobs.map((job) => (
          <li key={job.name}>
            <div className="row-main">
              <Text ff="monospace" size="sm">
                {job.name}
              </Text>
              <Text size="sm" c="dimmed">
                {words.every(job.every_seconds)} ·{' '}
                {job.last_run_at === null ? (
                  words.notYet
                ) : (
                  <>
                    <When iso={job.last_run_at} />, {words.took(job.last_millis ?? 0)}
                  </>
                )}
              </Text>
            </div>
            {job.running && <Tag>{words.running}</Tag>}
            {job.failed && <Tag kind="bad">{words.failed}</Tag>}
          </li>
        ))}
      </ul>
    </Section>
  )
}
