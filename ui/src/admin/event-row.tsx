import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import { deviceOf } from '../parts/device.ts'
import { When } from '../parts/when.tsx'
import { server } from '../texts/admin-server.ts'
import { eventText } from '../texts/events.ts'
import type { LogEvent } from './calls.ts'

const { events: texts } = server

/** One line of the log, and what else is known of it. `fresh`: it came while the page stood there. */
export function EventRow({ event, fresh = false }: { readonly event: LogEvent; readonly fresh?: boolean }) {
  const device = event.user_agent === null || event.user_agent === '' ? null : deviceOf(event.user_agent)
  const where = [event.address, device].filter((part) => part !== null).join(', ')
  return (
    <li data-fresh={fresh || undefined}>
      <details className="event">
        <summary>
          <span className="event-main">
            <span className="event-kind">{eventText(event.kind)}</span>
            <Text component="span" size="sm" c="dimmed">
              {[whoText(event), where].filter((part) => part !== '').join(' · ')}
            </Text>
          </span>
          <Text component="span" size="sm" c="dimmed">
            <When iso={event.at} />
          </Text>
        </summary>
        <Details event={event} device={device} />
      </details>
    </li>
  )
}

function whoText({ api, user, user_name: about, actor, actor_name: by }: LogEvent): string {
  const name = user === null ? null : (about ?? texts.gone)
  const others = actor !== null && actor !== user ? texts.by(by ?? texts.gone) : null
  const machine = api === 'cli' ? texts.by(texts.commandLine) : api === 'server' ? texts.by(texts.system) : null
  return [name, others ?? machine].filter((part) => part !== null).join(' ')
}

function Details({ event, device }: { readonly event: LogEvent; readonly device: string | null }) {
  const { user, actor } = event
  return (
    <dl className="facts event-facts">
      <dt>{texts.when}</dt>
      <dd>
        <When iso={event.at} as="exact" />
      </dd>
      <dt>{texts.kind}</dt>
      <dd>
        <code>{event.kind}</code>
      </dd>
      {user !== null && <Person label={texts.user} id={user} name={event.user_name} />}
      {actor !== null && actor !== user && <Person label={texts.actor} id={actor} name={event.actor_name} />}
      <dt>{texts.door}</dt>
      <dd>{event.api}</dd>
      {event.credential !== null && (
        <>
          <dt>{texts.credential}</dt>
          <dd>{event.credential}</dd>
        </>
      )}
      {event.session_id !== null && (
        <>
          <dt>{texts.session}</dt>
          <dd>
            <code>{event.session_id}</code>
          </dd>
        </>
      )}
      {event.key_id !== null && (
        <>
          <dt>{texts.key}</dt>
          <dd>
            <code>{event.key_id}</code>
          </dd>
        </>
      )}
      {device !== null && (
        <>
          <dt>{texts.client}</dt>
          <dd>{event.user_agent}</dd>
        </>
      )}
      {Object.keys(event.data).length > 0 && (
        <>
          <dt>{texts.data}</dt>
          <dd>
            <code>{JSON.stringify(event.data)}</code>
          </dd>
        </>
      )}
    </dl>
  )
}

interface PersonProps {
  readonly label: string
  readonly id: string
  readonly name: string | null
}

function Person({ label, id, name }: PersonProps) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {name === null ? (
          <code>{id}</code>
        ) : (
          <Anchor component={Link} href={`/admin/users/${id}`} fz="inherit">
            {name}
          </Anchor>
        )}
      </dd>
    </>
  )
}
