import type { Origin } from '../types.ts'
import type { Operand } from './document-records.ts'
import { createDocumentImport, type DocumentImport } from './documents-import.ts'
import { createDocumentReads, type DocumentReads, type PieceSettings } from './documents-read.ts'
import { createDocumentSamples, type DocumentSample } from './documents-sample.ts'
import { createDocumentWrites, type DocumentWrites } from './documents-write.ts'
import type { Events } from './events.ts'
import type { Limits } from './limits.ts'
import { comparableOf, defaultOf } from './piece-fields.ts'
import type { Shaped } from './piece-projection.ts'
import { operandAt } from './piece-query.ts'
import type { PieceCaller } from './piece-rights.ts'
import { type Field, type PieceType, storedName } from './piece-types.ts'
import type { Clock, Store } from './ports.ts'
import type { CoreSettings } from './settings.ts'

/** Documents of the types that the operator declares: drafts and published ones, seen whole or as projected. */
export interface Documents extends DocumentReads, DocumentWrites, DocumentImport {
  readonly types: readonly PieceType[]
  /** The members of a new document before anything is filled in. */
  blank(type: PieceType): Shaped
  /** A document as nobody who is known sees it, beside what `caller` sees. */
  sample(type: PieceType, caller: PieceCaller, origin: Origin): Promise<DocumentSample>
  /** Brings the indexes in step with the declared fields; for the server when it starts. */
  setIndexes(): Promise<{ readonly made: readonly string[]; readonly dropped: readonly string[] }>
}

export interface DocumentsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: Events
  readonly limits: Pick<Limits, 'question'>
  readonly settings: Pick<CoreSettings, 'pieces'>
}

const usualPerPage = 50

export function createDocuments({ store, clock, events, limits, settings }: DocumentsDeps): Documents {
  const { types, maxPerPage, siteUrl } = settings.pieces
  const byName = new Map(types.map((type) => [type.name, type]))
  const pieces: PieceSettings = { types: byName, perPage: Math.min(usualPerPage, maxPerPage), maxPerPage, siteUrl }
  const reads = createDocumentReads({ store, limits, settings: pieces })
  const blank: Documents['blank'] = (type) => ({
    metaType: 'doc',
    type: type.name,
    slug: '',
    visibility: 'public',
    archived: false,
    ...Object.fromEntries(type.fields.map((field) => [storedName(field), defaultOf(field)])),
  })
  return {
    types,
    ...reads,
    ...createDocumentWrites({ store, clock, events }),
    ...createDocumentImport({ store, clock, events }),
    blank,
    sample: createDocumentSamples({ reads, blank }),
    setIndexes: () =>
      store.documents.setIndexes(
        types.flatMap((type) =>
          indexedPaths(type).map((paths) => ({ type: type.name, operands: operandsOf(type, paths) })),
        ),
      ),
  }
}

/** Every field that is compared, by itself, and those that are declared to go together. */
function indexedPaths(type: PieceType): readonly (readonly string[])[] {
  return [...comparablePaths(type.fields).map((path) => [path]), ...type.indexes]
}

/** By dotted path, those in objects too. */
function comparablePaths(fields: readonly Field[], above = ''): readonly string[] {
  return fields.flatMap((field) => {
    const path = `${above}${field.name}`
    if (field.type === 'object') return comparablePaths(field.fields, `${path}.`)
    return comparableOf(field) === null ? [] : [path]
  })
}

function operandsOf(type: PieceType, names: readonly string[]): readonly Operand[] {
  return names.map((name) => {
    const operand = operandAt(type, name.split('.'))
    if (operand === null) throw new TypeError(`${type.name} has no field ${name} that can be indexed`)
    return operand
  })
}
