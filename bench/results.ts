/** One figure. `goal` null: reported only. `better`: on which side of the goal a good value lies. */
export interface Figure {
  readonly value: number
  readonly goal: number | null
  readonly unit: string
}

export type Results = Readonly<Record<string, Figure>>

/** What a figure is held against. */
export interface Goal {
  readonly goal: number | null
  readonly better: 'higher' | 'lower' | null
  readonly unit: string
}

/** The middle value; the mean of the two middle ones when their number is even. NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle]
  if (high === undefined) return Number.NaN
  const low = sorted.length % 2 === 0 ? sorted[middle - 1] : high
  return ((low ?? high) + high) / 2
}

/** The smallest value that `percent` of all values do not exceed (nearest rank). NaN when there is none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  return sorted[rank - 1] ?? Number.NaN
}

/** Half the distance between the outer quarters over the median: how far apart the rounds lie. */
export function spread(values: readonly number[]): number {
  return (percentile(values, 75) - percentile(values, 25)) / 2 / median(values)
}

/** Three significant digits and no more than needed, so that a difference in a file is a difference in speed. */
export function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : value
}

/** Null: there is no goal. */
export function isMet(figure: Figure, { better }: Pick<Goal, 'better'>): boolean | null {
  if (figure.goal === null || better === null) return null
  return better === 'higher' ? figure.value >= figure.goal : figure.value <= figure.goal
}

/** Old figures stay where no new one was measured; the order is that of `names`, unknown names are dropped. */
export function mergeResults(old: Results, fresh: Results, names: readonly string[]): Results {
  const merged: Record<string, Figure> = {}
  for (const name of names) {
    const figure = fresh[name] ?? old[name]
    if (figure !== undefined) merged[name] = figure
  }
  return merged
}

/** The file's content; an unreadable or foreign one counts as empty. */
export function parseResults(text: string): Results {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return {}
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return {}
  return Object.fromEntries(Object.entries(content).filter((entry): entry is [string, Figure] => isFigure(entry[1])))
}

function isFigure(value: unknown): value is Figure {
  if (typeof value !== 'object' || value === null) return false
  const { value: number, goal, unit } = value as Partial<Record<string, unknown>>
  return typeof number === 'number' && (goal === null || typeof goal === 'number') && typeof unit === 'string'
}

const marks = { true: 'met', false: 'NOT met', null: '' } as const

/** Rows of cells: name, value, goal, whether it is met. */
export function tableRows(results: Results, goals: Readonly<Record<string, Goal>>): readonly (readonly string[])[] {
  return Object.entries(results).map(([name, figure]) => {
    const { better = null } = goals[name] ?? {}
    const sign = better === 'higher' ? '≥ ' : '≤ '
    return [
      name,
      `${figure.value} ${figure.unit}`,
      figure.goal === null ? '' : `${sign}${figure.goal} ${figure.unit}`,
      marks[`${isMet(figure, { better })}`],
    ]
  })
}

const head = ['figure', 'value', 'goal', '']

/** For the terminal: columns of equal width. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function markdownTable(rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
