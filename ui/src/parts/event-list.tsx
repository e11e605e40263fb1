import { Text } from '@mantine/core'
import type { AuditEvent } from '../api/client.ts'
import { account } from '../texts/account.ts'
import { eventText } from '../texts/events.ts'
import { deviceOf } from './device.ts'
import { When } from './when.tsx'

/** What happened, one line each. */
export function EventList({ items }: { readonly items: readonly AuditEvent[] }) {
  return (
    <ul className="rows">
      {items.map((event) => (
        <li key={event.id}>
          <div className="row-main">
            <Text>{eventText(event.kind)}</Text>
            <Text size="sm" c="dimmed">
              {[
                event.user_agent === null ? null : deviceOf(event.user_agent),
                event.address === null ? null : account.activity.from(event.address),
              ]
                .filter((part) => part !== null)
                .join(', ')}
            </Text>
          </div>
          <Text size="sm" c="dimmed">
            <When iso={event.at} />
          </Text>
        </li>
      ))}
    </ul>
  )
}
