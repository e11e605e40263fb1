import { CardeaError } from '../errors.ts'
import type { Origin } from '../types.ts'
import type { DocumentReads, PieceList } from './documents-read.ts'
import type { Shaped } from './piece-projection.ts'
import type { PieceCaller } from './piece-rights.ts'
import type { PieceType } from './piece-types.ts'

/** One document seen by two: what a projection leaves of it. */
export interface DocumentSample {
  /** Null: they are told that there is none. */
  readonly anonymous: Shaped | null
  readonly whole: Shaped | null
  /** False: there is no document yet, and this is what a new one looks like. */
  readonly stored: boolean
}

export interface DocumentSamplesDeps {
  readonly reads: Pick<DocumentReads, 'list' | 'one' | 'cut'>
  readonly blank: (type: PieceType) => Shaped
}

const nobody: PieceCaller = { rank: 'anonymous', writes: false, principal: null }

/** The newest published document that anybody sees, else the newest that `caller` sees, else a blank one. */
export function createDocumentSamples({ reads, blank }: DocumentSamplesDeps) {
  /** The id of the newest that is published and seen; null: there is none, or it is not for them. */
  async function newest(type: PieceType, caller: PieceCaller, origin: Origin): Promise<string | null> {
    const page = await orNull(() =>
      reads.list(type, caller, 'published', [{ name: 'perPage', key: null, value: '1' }], origin),
    )
    const [first] = page === null ? [] : ((page as PieceList).results ?? [])
    const id = first?._id
    return typeof id === 'string' ? (id.split(':', 1)[0] ?? null) : null
  }

  return async (type: PieceType, caller: PieceCaller, origin: Origin): Promise<DocumentSample> => {
    const id = (await newest(type, nobody, origin)) ?? (await newest(type, caller, origin))
    const seenBy = async (who: PieceCaller) =>
      id === null
        ? orNull(async () => reads.cut(type, who, blank(type)))
        : orNull(() => reads.one(type, who, 'published', id, []))
    return { anonymous: await seenBy(nobody), whole: await seenBy(caller), stored: id !== null }
  }
}

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof CardeaError && error.code === 'not_found') return null
    throw error
  }
}
