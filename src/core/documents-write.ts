import { hexToken } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import type { Millis, Origin } from '../types.ts'
import type { NewDocument, StoredDocument } from './document-records.ts'
import type { EventKind, Events } from './events.ts'
import { cleanValues, type FieldProblem, newId, searchTexts, slugify, type Values } from './piece-fields.ts'
import { patchValues } from './piece-patch.ts'
import {
  demandView,
  type Mode,
  modes,
  type PieceCaller,
  type Visibility,
  viewOf,
  visibilities,
  writeRightsOf,
} from './piece-rights.ts'
import type { PieceType } from './piece-types.ts'
import type { Clock, Store } from './ports.ts'

export type Body = Readonly<Record<string, unknown>>

/** All of these throw as `DocumentReads.list` does, and `request_invalid` with a line for each field that is wrong. */
export interface DocumentWrites {
  /** Published, and with a draft of the same; or the draft alone. scope_missing; conflict for a slug that is taken. */
  create(type: PieceType, caller: PieceCaller, mode: Mode, body: Body, origin: Origin): Promise<StoredDocument>
  /** Absent fields become their default. not_found also for those who may not change it. */
  replace(type: PieceType, caller: PieceCaller, at: DocumentPlace, body: Body, origin: Origin): Promise<StoredDocument>
  /** Fields, and what is in them by dotted path; `_patches`: several in a row. Nothing of them when one is wrong. */
  patch(type: PieceType, caller: PieceCaller, at: DocumentPlace, body: Body, origin: Origin): Promise<StoredDocument>
  /** Makes the draft what is published. Answers the draft. scope_missing for those who see it and may not. */
  publish(type: PieceType, caller: PieceCaller, docId: string, origin: Origin): Promise<StoredDocument>
  /** Both modes. A draft that was never published goes for those who edit drafts. */
  remove(type: PieceType, caller: PieceCaller, at: DocumentPlace, origin: Origin): Promise<void>
}

export interface DocumentPlace {
  readonly docId: string
  readonly mode: Mode
}

export interface DocumentWritesDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: Events
}

/** What a body says of a document beside its fields. */
interface Head {
  readonly slug: string | null
  readonly visibility: Visibility
  readonly archived: boolean
}

/** One change of a document. */
interface Change {
  readonly now: Millis
  readonly by: number | null
  /** It reaches what is published. */
  readonly publishes: boolean
}

const draftAlone: readonly Mode[] = ['draft']
/** What is published is written to the draft as well: no draft is ever older than what it would replace. */
const modesOf = (mode: Mode): readonly Mode[] => (mode === 'draft' ? draftAlone : modes)

export function createDocumentWrites({ store, clock, events }: DocumentWritesDeps): DocumentWrites {
  const record = (kind: EventKind, type: PieceType, docId: string, caller: PieceCaller, origin: Origin, tx: Store) =>
    events.record({ kind, user: null, origin, actor: caller.principal, data: { type: type.name, document: docId } }, tx)

  /** Changes the modes that are written together, in one transaction. Answers the one that was asked for. */
  function change(
    type: PieceType,
    caller: PieceCaller,
    { docId, mode }: DocumentPlace,
    origin: Origin,
    make: (before: StoredDocument, change: Change) => NewDocument,
  ): Promise<StoredDocument> {
    demandView(type, caller, mode)
    const rights = writeRightsOf(type, caller)
    if (!(mode === 'draft' ? rights.edit : rights.publish)) throw new CardeaError('not_found')
    const by = changeBy(caller, mode)
    return store.transaction(async (tx) => {
      const held = await tx.documents.held(type.name, docId)
      if (!held.some((each) => each.mode === mode)) throw new CardeaError('not_found')
      for (const before of held.filter((each) => modesOf(mode).includes(each.mode))) await save(tx, make(before, by))
      await record('document-changed', type, docId, caller, origin, tx)
      return reread(tx, type, docId, mode)
    })
  }

  const changeBy = (caller: PieceCaller, mode: Mode): Change => ({
    now: clock.now(),
    by: caller.principal?.user?.id ?? null,
    publishes: mode === 'published',
  })

  async function reread(tx: Store, type: PieceType, docId: string, mode: Mode): Promise<StoredDocument> {
    const document = await tx.documents.byId(type.name, docId, mode)
    if (document === null) throw new CardeaError('not_found')
    return document
  }

  return {
    create(type, caller, mode, body, origin) {
      demandView(type, caller, mode)
      const rights = writeRightsOf(type, caller)
      if (!(mode === 'draft' ? rights.edit : rights.publish)) throw new CardeaError('scope_missing')
      const now = clock.now()
      const documents = newDocuments(type, body, { mode, now, by: caller.principal?.user?.id ?? null })
      return store.transaction(async (tx) => {
        const docId = await insert(tx, documents, slugGiven(body) !== null)
        await record('document-created', type, docId, caller, origin, tx)
        return reread(tx, type, docId, mode)
      })
    },

    replace: (type, caller, at, body, origin) =>
      change(type, caller, at, origin, (before, by) => {
        const { values, head } = readWhole(type, body, before)
        return changed(type, before, values, head, by)
      }),

    patch(type, caller, at, body, origin) {
      const steps = body._patches === undefined ? [body] : body._patches
      if (!Array.isArray(steps) || steps.length > 100 || !steps.every(isBody))
        throw invalid('_patches', 'must be a list')
      return change(type, caller, at, origin, (before, by) =>
        steps.reduce<NewDocument>(
          (held, step) => {
            const { values, head } = readPatch(type, held, step)
            return changed(type, held, values, head, by)
          },
          changed(type, before, before.values, before, by),
        ),
      )
    },

    async publish(type, caller, docId, origin) {
      // Whoever sees no drafts is told that there is nothing, as of any document.
      if (viewOf(type, caller, 'draft').see !== 'whole') throw new CardeaError('not_found')
      if (!writeRightsOf(type, caller).publish) throw new CardeaError('scope_missing')
      const by = changeBy(caller, 'published')
      return store.transaction(async (tx) => {
        const held = await tx.documents.held(type.name, docId)
        const draft = held.find(({ mode }) => mode === 'draft')
        if (draft === undefined) throw new CardeaError('not_found')
        const after = changed(type, draft, draft.values, draft, by)
        await save(tx, after)
        const published: NewDocument = { ...after, mode: 'published' }
        if (held.some(({ mode }) => mode === 'published')) await save(tx, published)
        else if ((await tx.documents.create([published])) === 'slug_taken') throw slugTaken()
        await record('document-published', type, docId, caller, origin, tx)
        return reread(tx, type, docId, 'draft')
      })
    },

    async remove(type, caller, { docId, mode }, origin) {
      demandView(type, caller, mode)
      const rights = writeRightsOf(type, caller)
      if (!(mode === 'draft' ? rights.edit : rights.publish)) throw new CardeaError('not_found')
      await store.transaction(async (tx) => {
        const held = await tx.documents.held(type.name, docId)
        if (!held.some((each) => each.mode === mode)) throw new CardeaError('not_found')
        if (!rights.publish && held.some((each) => each.mode === 'published')) throw new CardeaError('scope_missing')
        await tx.documents.remove(type.name, docId)
        await record('document-removed', type, docId, caller, origin, tx)
      })
    },
  }
}

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value)

function invalid(field: string, message: string): CardeaError {
  return new CardeaError('request_invalid', { fields: [{ field, message }] })
}

function slugTaken(): CardeaError {
  return new CardeaError('conflict', { internal: 'another document of the type has this slug' })
}

function demandRight(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return
  const fields = problems.slice(0, 50).map(({ path, message }) => ({ field: path.slice(0, 200), message }))
  throw new CardeaError('request_invalid', { fields })
}

async function save(tx: Store, document: NewDocument): Promise<void> {
  const result = await tx.documents.save(document)
  if (result === 'slug_taken') throw slugTaken()
  if (result === 'gone') throw new CardeaError('not_found')
}

const numberedTries = 5

/** A slug that was made of the title gets a number, and in the end a random one, when it is taken. Answers the id. */
export async function insert(tx: Store, documents: readonly NewDocument[], slugIsGiven: boolean): Promise<string> {
  const [first] = documents
  if (first === undefined) throw new TypeError('a document has a mode')
  for (let attempt = 0; attempt <= numberedTries; attempt += 1) {
    const suffix = attempt === 0 ? '' : attempt < numberedTries ? `-${attempt}` : `-${hexToken(6)}`
    const named = documents.map((document) => ({ ...document, slug: `${document.slug}${suffix}` }))
    if ((await tx.documents.create(named)) === 'made') return first.docId
    if (slugIsGiven) break
  }
  throw slugTaken()
}

export function slugGiven(body: Body): string | null {
  const slug = typeof body.slug === 'string' ? slugify(body.slug) : ''
  return slug === '' ? null : slug
}

export interface Making {
  readonly mode: Mode
  readonly now: number
  readonly by: number | null
}

/** The modes of a document that does not exist yet; `id` null: a new one. Throws request_invalid. */
export function newDocuments(
  type: PieceType,
  body: Body,
  { mode, now, by }: Making,
  id: string | null = null,
): readonly NewDocument[] {
  const docId = id ?? newId()
  const { values, head } = readWhole(type, body, blank)
  const document = {
    docId,
    type: type.name,
    slug: head.slug ?? (slugify(String(values.title ?? '')) || docId),
    visibility: head.visibility,
    archived: head.archived,
    ownerId: by,
    updatedBy: by,
    values,
    search: searchTexts(type.fields, values),
    createdAt: now,
    updatedAt: now,
    publishedAt: mode === 'published' ? now : null,
  }
  return modesOf(mode).map((each) => ({ ...document, mode: each }))
}

const blank: Head = { slug: null, visibility: 'public', archived: false }

/** Absent fields become their default. Who may see it stays: nothing becomes public by being left out. */
function readWhole(type: PieceType, body: Body, before: Head): { values: Values; head: Head } {
  const { values, problems } = cleanValues(type.fields, body)
  return { values, head: readHead(body, before, [...problems, ...sizeProblems(values)]) }
}

/** Throws everything that is wrong, with the fields. */
function readHead(body: Body, before: Head, problems: readonly FieldProblem[]): Head {
  const wrong: FieldProblem[] = [...problems]
  const refuse = (path: string, message: string) => wrong.push({ path, name: 'invalid', message })
  const { visibility = before.visibility, archived = before.archived } = body
  const found = visibilities.find((each) => each === visibility)
  if (found === undefined) refuse('visibility', `must be one of ${visibilities.join(', ')}`)
  if (typeof archived !== 'boolean') refuse('archived', 'must be true or false')
  if (body.slug !== undefined && body.slug !== null && typeof body.slug !== 'string') refuse('slug', 'must be text')
  demandRight(wrong)
  return { slug: slugGiven(body) ?? before.slug, visibility: found ?? before.visibility, archived: archived === true }
}

const mostCharacters = 1_000_000

/** Changes that each fit in a body must not add up to a document that no page can be made of. */
function sizeProblems(values: Values): readonly FieldProblem[] {
  if (JSON.stringify(values).length <= mostCharacters) return []
  return [{ path: '', name: 'max', message: `the document must not hold more than ${mostCharacters} characters` }]
}

function readPatch(type: PieceType, before: NewDocument, body: Body): { values: Values; head: Head } {
  const patched = patchValues(type.fields, before.values, body)
  const { values, problems } = cleanValues(patched.fields, patched.input)
  const after = { ...before.values, ...values }
  return { values: after, head: readHead(body, before, [...patched.problems, ...problems, ...sizeProblems(after)]) }
}

function changed(
  type: PieceType,
  before: StoredDocument | NewDocument,
  values: Values,
  head: Head,
  { by, now, publishes }: Change,
): NewDocument {
  return {
    ...before,
    slug: head.slug ?? before.slug,
    visibility: head.visibility,
    archived: head.archived,
    updatedBy: by,
    values,
    search: searchTexts(type.fields, values),
    updatedAt: now,
    ...(publishes ? { publishedAt: now } : {}),
  }
}
