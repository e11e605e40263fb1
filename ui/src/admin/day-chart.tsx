import { Text } from '@mantine/core'
import { server } from '../texts/admin-server.ts'
import { dayText, shortDayText } from '../texts/time.ts'

const { statistics: texts } = server

export interface DayChartProps {
  readonly label: string
  readonly color: 'good' | 'bad' | 'warn'
  /** Oldest first. */
  readonly days: readonly { readonly day: string; readonly count: number }[]
  readonly total: number
}

const width = 600
const height = 150
/** Above the bars, for the greatest number. */
const top = 22

/** A bar a day. Who does not see it is told the sum and the greatest; the numbers stand in the table of the page. */
export function DayChart({ label, color, days, total }: DayChartProps) {
  const most = Math.max(0, ...days.map(({ count }) => count))
  const step = width / Math.max(days.length, 1)
  // Bars of many days touch nearly; those of a week are no walls.
  const bar = Math.min(step * 0.72, 36)
  const [first, last] = [days[0], days.at(-1)]
  return (
    <figure className="chart" data-color={color}>
      <figcaption>
        <Text component="span" fw={600}>
          {label}
        </Text>
        <Text component="span" size="sm" c="dimmed">
          {texts.total(total)}
        </Text>
      </figcaption>
      <div className="chart-plot">
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={texts.picture(label, total, most)}>
          <line className="chart-line" x1="0" x2={width} y1={top} y2={top} />
          <line className="chart-line" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
          {days.map(({ day, count }, index) => {
            const tall = most === 0 ? 0 : Math.max(((height - top) * count) / most, count > 0 ? 2 : 0)
            return (
              <rect
                key={day}
                className="chart-bar"
                x={index * step + (step - bar) / 2}
                y={height - tall}
                width={bar}
                height={tall}
                rx={Math.min(3, bar / 4)}
              >
                <title>{`${dayText(`${day}T12:00:00Z`)}: ${server.number(count)}`}</title>
              </rect>
            )
          })}
        </svg>
        <span className="chart-most" aria-hidden="true">
          {server.number(most)}
        </span>
      </div>
      <div className="chart-scale" aria-hidden="true">
        <span>{first === undefined ? '' : shortDayText(`${first.day}T12:00:00Z`)}</span>
        <span>{last === undefined ? '' : shortDayText(`${last.day}T12:00:00Z`)}</span>
      </div>
    </figure>
  )
}
