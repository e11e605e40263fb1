import { CardeaError } from '../errors.ts'
import type { User } from '../types.ts'
import type { NewDocument } from './document-records.ts'
import { type Body, insert, newDocuments, slugGiven } from './documents-write.ts'
import type { Events } from './events.ts'
import { documentId, isRecord } from './piece-fields.ts'
import type { Mode } from './piece-rights.ts'
import { metaNames, type PieceType, storageName } from './piece-types.ts'
import type { Clock, Store } from './ports.ts'

export interface ImportLine {
  /** As the caller counts: of a line, or an item. */
  readonly line: number
  readonly content: unknown
}

export interface ImportProblem {
  readonly line: number
  readonly field: string
  readonly message: string
}

export interface ImportWish {
  readonly mode: Mode
  /** Whose documents they become; null: nobody's. */
  readonly owner: User | null
  /** Everything is tried and nothing is kept. */
  readonly dryRun: boolean
  readonly progress?: (done: number) => void
}

export interface Imported {
  /** Documents that are there now, or would be; 0 when there was a problem. */
  readonly count: number
  readonly problems: readonly ImportProblem[]
}

export interface DocumentImport {
  /** For the command line. All of them in one transaction, or none when anything is wrong with one. Beyond 100 problems it stops looking. */
  importAll(type: PieceType, lines: readonly ImportLine[], wish: ImportWish): Promise<Imported>
}

export interface DocumentImportDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: Events
}

/** What a transaction is given up with when nothing of it is to stay. */
class Undone extends Error {}

interface Ready {
  readonly line: number
  readonly documents: readonly NewDocument[]
  readonly slugIsGiven: boolean
  /** From the file; null: a new one. */
  readonly docId: string | null
}

const mostProblems = 100
const linesAtOnce = 100

export function createDocumentImport({ store, clock, events }: DocumentImportDeps): DocumentImport {
  return {
    async importAll(type, lines, { mode, owner, dryRun, progress = () => {} }) {
      const problems: ImportProblem[] = []
      const making = { mode, now: clock.now(), by: owner?.id ?? null }
      const ready: Ready[] = []
      const ids = new Set<string>()
      for (const { line, content } of lines) {
        const found = readLine(type, content, (body, docId) => newDocuments(type, body, making, docId), ids)
        if ('documents' in found) ready.push({ line, ...found })
        else problems.push(...found.problems.slice(0, mostProblems).map((problem) => ({ line, ...problem })))
        if (problems.length >= mostProblems) break
      }
      if (problems.length > 0) return { count: 0, problems: problems.slice(0, mostProblems) }
      try {
        await store.transaction(async (tx) => {
          for (let at = 0; at < ready.length; at += linesAtOnce) {
            const part = ready.slice(at, at + linesAtOnce)
            problems.push(...(await insertAll(tx, part)))
            if (problems.length >= mostProblems) break
            progress(at + part.length)
          }
          if (dryRun || problems.length > 0) throw new Undone()
          const data = { type: type.name, count: ready.length }
          await events.record({ kind: 'documents-imported', user: owner?.publicId ?? null, origin: 'cli', data }, tx)
        })
      } catch (error) {
        if (!(error instanceof Undone)) throw error
      }
      return { count: problems.length > 0 ? 0 : ready.length, problems: problems.slice(0, mostProblems) }
    },
  }
}

/**
 * Many at a time; where a slug is taken one by one, to find out whose and to number those that were made of titles. An id
 * that stands in the file is looked for in all types.
 */
async function insertAll(tx: Store, part: readonly Ready[]): Promise<readonly ImportProblem[]> {
  const given = part.flatMap(({ docId }) => docId ?? [])
  const taken = new Set(given.length === 0 ? [] : await tx.documents.taken(given))
  if (taken.size > 0)
    return part
      .filter(({ docId }) => docId !== null && taken.has(docId))
      .map(({ line }) => ({ line, field: '_id', message: 'is the id of another document' }))
  const all = part.flatMap(({ documents }) => documents)
  if ((await tx.documents.create(all)) === 'made') return []
  const problems: ImportProblem[] = []
  for (const { line, documents, slugIsGiven } of part) {
    try {
      await insert(tx, documents, slugIsGiven)
    } catch (error) {
      if (!(error instanceof CardeaError) || error.code !== 'conflict') throw error
      problems.push({ line, field: 'slug', message: 'is the slug of another document' })
    }
  }
  return problems
}

type Problem = Omit<ImportProblem, 'line'>

function readLine(
  type: PieceType,
  content: unknown,
  make: (body: Body, docId: string | null) => readonly NewDocument[],
  ids: Set<string>,
): Omit<Ready, 'line'> | { readonly problems: readonly Problem[] } {
  if (!isRecord(content)) return { problems: [{ field: '', message: 'must be an object' }] }
  const known = new Set<string>([
    ...metaNames,
    ...type.fields.map(({ name }) => name),
    ...type.fields.filter((field) => field.type === 'relationship').map(({ name }) => storageName(name)),
  ])
  // At an API what is no field is passed over; here it is more likely a mistake.
  const unknown = Object.keys(content).filter((name) => !known.has(name))
  const problems: Problem[] = unknown.map((field) => ({
    field: field.slice(0, 100).toWellFormed(),
    message: `is not a field of ${type.name}`,
  }))
  const docId = idGiven(content)
  if (docId !== null && !documentId.test(docId))
    problems.push({ field: '_id', message: 'must be 8 to 64 small letters and digits, a letter first, or left out' })
  else if (docId !== null && ids.has(docId)) problems.push({ field: '_id', message: 'stands in this file twice' })
  if (docId !== null) ids.add(docId)
  try {
    const documents = make(content, docId)
    return problems.length > 0 ? { problems } : { documents, slugIsGiven: slugGiven(content) !== null, docId }
  } catch (error) {
    if (!(error instanceof CardeaError) || error.code !== 'request_invalid') throw error
    return { problems: [...problems, ...(error.detail.fields ?? [])] }
  }
}

/** Kept, so that what the documents of a file say of each other holds. Locale and mode of `_id` go. */
function idGiven({ aposDocId, _id }: Body): string | null {
  const id = aposDocId ?? _id ?? null
  return id === null ? null : typeof id === 'string' ? (id.split(':', 1)[0] ?? '') : ''
}
