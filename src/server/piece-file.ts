import { open } from 'node:fs/promises'
import type { ImportLine, ImportProblem } from '../core/documents-import.ts'
import { StartError } from './start-error.ts'

export interface PieceFile {
  readonly lines: readonly ImportLine[]
  /** Lines that are no JSON; then nothing is imported. */
  readonly problems: readonly ImportProblem[]
}

const mostProblems = 100
/** A file is in memory several times over while it is imported. */
const mostBytes = 128 * 1024 * 1024

/** Reads the documents in a file. Throws StartError when there is no such file, it is too large, or nothing is in it. */
export async function readDocuments(path: string): Promise<PieceFile> {
  const bytes = await readBytes(path).catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`${path} cannot be read (${error.code ?? error.name})`)
  })
  if (bytes === null)
    throw new StartError(`${path} is larger than ${mostBytes / 1024 / 1024} MiB: split it, one object a line`)
  const found = parseDocuments(bytes)
  if (found.lines.length === 0 && found.problems.length === 0) throw new StartError(`${path} holds no documents`)
  return found
}

/** Null: more than is read, or a pipe that does not end. */
async function readBytes(path: string): Promise<Buffer | null> {
  await using file = await open(path)
  const parts: Buffer[] = []
  let size = 0
  for await (const part of file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 })) {
    size += (part as Buffer).byteLength
    if (size > mostBytes) return null
    parts.push(part as Buffer)
  }
  return Buffer.concat(parts)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A JSON list, counted by its items; one JSON object; or JSON Lines, counted as an editor counts them. */
export function parseDocuments(source: Buffer): PieceFile {
  const text = decode(source)?.trimEnd()
  if (text === undefined) return { lines: [], problems: [wrong(brokenLine(source), 'is not UTF-8')] }
  const whole = parse(text)
  if ('value' in whole) {
    const items: readonly unknown[] = Array.isArray(whole.value) ? whole.value : [whole.value]
    return { lines: items.map((content, index) => ({ line: index + 1, content })), problems: [] }
  }
  if (text.startsWith('[')) {
    const message = whole.line === null ? 'is not a JSON list' : 'is where the JSON list breaks off'
    return { lines: [], problems: [wrong(whole.line ?? 1, message)] }
  }
  const lines: ImportLine[] = []
  const problems: ImportProblem[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = parse(line)
    if ('value' in parsed) lines.push({ line: index + 1, content: parsed.value })
    else if (problems.push(wrong(index + 1, 'is not JSON')) >= mostProblems) break
  }
  return { lines, problems }
}

const wrong = (line: number, message: string): ImportProblem => ({ line, field: '', message })

/** Nothing is put in the place of what cannot be read. A byte order mark goes. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** No line feed is part of another character in UTF-8, so lines can be read one by one. */
function brokenLine(source: Buffer): number {
  let line = 1
  for (let from = 0; ; line += 1) {
    const end = source.indexOf(0x0a, from)
    if (end === -1 || decode(source.subarray(from, end)) === undefined) return line
    from = end + 1
  }
}

/** What a parser says of a text quotes it, and is not passed on but for the line, which it does not always name. */
function parse(text: string): { readonly value: unknown } | { readonly line: number | null } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    const [, line] = /\(line (\d{1,9}) column \d+\)$/.exec(error instanceof Error ? error.message : '') ?? []
    return { line: line === undefined ? null : Number(line) }
  }
}
