import { readFile } from 'node:fs/promises'
import type { ImportLine, ImportProblem } from '../core/documents-import.ts'
import { StartError } from './start-error.ts'

export interface PieceFile {
  readonly lines: readonly ImportLine[]
  /** Lines that are no JSON; then nothing is imported. */
  readonly problems: readonly ImportProblem[]
}

const mostProblems = 100

/** Reads the documents in a file. Throws StartError when there is no such file, or nothing in it. */
export async function readDocuments(path: string): Promise<PieceFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`${path} cannot be read (${error.code ?? error.name})`)
  })
  const found = parseDocuments(text)
  if (found.lines.length === 0 && found.problems.length === 0) throw new StartError(`${path} holds no documents`)
  return found
}

/** A JSON list, counted by its items; one JSON object; or JSON Lines, counted as an editor counts them. */
export function parseDocuments(source: string): PieceFile {
  const text = source.replace(/^\uFEFF/, '').trimEnd()
  const whole = parse(text)
  if (whole !== undefined) {
    const items: readonly unknown[] = Array.isArray(whole.value) ? whole.value : [whole.value]
    return { lines: items.map((content, index) => ({ line: index + 1, content })), problems: [] }
  }
  if (text.startsWith('[')) return { lines: [], problems: [{ line: 1, field: '', message: 'is not a JSON list' }] }
  const lines: ImportLine[] = []
  const problems: ImportProblem[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = parse(line)
    if (parsed !== undefined) lines.push({ line: index + 1, content: parsed.value })
    else if (problems.length < mostProblems) problems.push({ line: index + 1, field: '', message: 'is not JSON' })
  }
  return { lines, problems }
}

/** What a parser says of a text quotes it, and is not passed on. */
function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
