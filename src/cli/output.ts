import { styleText } from 'node:util'

/** Where a command writes: the process's streams, or a test's. */
export interface Io {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

export type Row = readonly (string | number | boolean | null)[]

/** One JSON document on standard output. */
export function writeJson({ stdout }: Io, document: unknown): void {
  stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}

/** Lines for people; nothing in them can move the cursor. */
export function writeLine({ stdout }: Io, line: string): void {
  stdout.write(`${printable(line)}\n`)
}

/** What goes along with an answer but is no part of it. */
export function writeNote({ stderr }: Io, line: string): void {
  stderr.write(`${printable(line)}\n`)
}

/** A small aligned table. Colours only where standard output is a terminal that wants them (NO_COLOR). */
export function writeTable(io: Io, head: readonly string[], rows: readonly Row[]): void {
  const cells = rows.map((row) => row.map((cell) => printable(cell === null ? '-' : String(cell))))
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  io.stdout.write(`${styleText('bold', line(head), { stream: io.stdout })}\n`)
  for (const row of cells) io.stdout.write(`${line(row)}\n`)
}

/** One thing: its fields below each other. */
export function writeFields(io: Io, fields: Readonly<Record<string, string | number | boolean | null>>): void {
  const width = Math.max(...Object.keys(fields).map((name) => name.length))
  for (const [name, value] of Object.entries(fields)) {
    io.stdout.write(
      `${styleText('bold', name.padEnd(width), { stream: io.stdout })}  ${printable(value === null ? '-' : String(value))}\n`,
    )
  }
}

export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}

export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

/** For tables: to the minute, UTC. */
export function minute(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}
