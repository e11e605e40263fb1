import { CardeaError } from '../errors.ts'
import type { Origin } from '../types.ts'
import type { DocumentFilter, StoredDocument } from './document-records.ts'
import type { Limits } from './limits.ts'
import { costOf } from './piece-cost.ts'
import type { Values } from './piece-fields.ts'
import { createProjection, type Projection, type Shaped } from './piece-projection.ts'
import { type PieceQuery, type QueryEntry, readPieceQuery, type WantedChoices } from './piece-query.ts'
import { demandView, type Mode, type PieceCaller, type Seen, viewOf, writeRightsOf } from './piece-rights.ts'
import { rightMarks, shape } from './piece-shape.ts'
import { isAtLeast, type PieceType, storageName } from './piece-types.ts'
import type { Store } from './ports.ts'
import type { Json } from './records.ts'

/** What this service is told. */
export interface PieceSettings {
  readonly types: ReadonlyMap<string, PieceType>
  readonly perPage: number
  readonly maxPerPage: number
  readonly siteUrl: string | null
}

export interface PieceList {
  readonly pages: number
  readonly currentPage: number
  readonly results: readonly Shaped[]
  readonly choices?: Readonly<Record<string, Json>>
  readonly counts?: Readonly<Record<string, Json>>
}

export interface DocumentReads {
  /**
   * A page, or how many there are. Throws scope_missing with the extra member `mode` where drafts are not for the caller,
   * and without it for questions about what the projection hides; not_found for a type that does not exist for them;
   * request_invalid; rate_limited where an address asks too much that no index answers.
   */
  list(
    type: PieceType,
    caller: PieceCaller,
    mode: Mode,
    query: readonly QueryEntry[],
    origin: Origin,
  ): Promise<PieceList | { readonly count: number }>
  /** One document. not_found whether it is not there or not to be seen. */
  one(type: PieceType, caller: PieceCaller, mode: Mode, docId: string, query: readonly QueryEntry[]): Promise<Shaped>
  /** A document that was just written, as its writer sees it. */
  show(type: PieceType, caller: PieceCaller, document: StoredDocument): Promise<Shaped>
  /** Cuts a document that is not stored to what the caller would see of it. */
  cut(type: PieceType, caller: PieceCaller, document: Shaped): Shaped
}

export interface DocumentReadsDeps {
  readonly store: Store
  readonly limits: Pick<Limits, 'question'>
  readonly settings: PieceSettings
}

const idsAtOnce = 500

export function createDocumentReads({ store, limits, settings }: DocumentReadsDeps): DocumentReads {
  const { types, siteUrl } = settings
  const projections = new Map(
    [...types.values()].flatMap(({ name, publicApiProjection: paths }) =>
      paths === null ? [] : [[name, createProjection(paths)] as const],
    ),
  )
  const projectionOf = (type: PieceType, view: Seen): Projection | null =>
    view.see === 'whole' ? null : (projections.get(type.name) ?? null)

  /** What relationships of these documents lead to, as far as the caller sees it, by type and id. */
  async function related(type: PieceType, caller: PieceCaller, documents: readonly StoredDocument[]) {
    const found = new Map<string, ReadonlyMap<string, Shaped>>()
    const [mode] = documents.map((each) => each.mode)
    if (mode === undefined) return found
    for (const field of type.fields.filter((each) => each.type === 'relationship')) {
      const other = types.get(field.withType ?? '')
      const ids = [...new Set(documents.flatMap(({ values }) => idsIn(values, field.name)))]
      if (other !== undefined && ids.length > 0) found.set(field.name, await visible(other, caller, mode, ids))
    }
    return found
  }

  /** Those of the ids that the caller sees, each as they see it, without what it is related to itself. */
  async function visible(
    type: PieceType,
    caller: PieceCaller,
    mode: Mode,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Shaped>> {
    const view = viewOf(type, caller, mode)
    if (view.see !== 'projected' && view.see !== 'whole') return new Map()
    const filter = plainFilter(type, mode, view)
    const documents: StoredDocument[] = []
    // A statement takes only so many parameters, and a page can be related to more documents than that.
    for (let at = 0; at < ids.length; at += idsAtOnce) {
      const docIds = ids.slice(at, at + idsAtOnce)
      documents.push(...(await store.documents.list({ ...filter, docIds, sort: [], limit: idsAtOnce, offset: 0 })))
    }
    const projection = projectionOf(type, view)
    const shaped = documents.map((document) => {
      const all = shape(type, document, siteUrl, projection?.touches)
      return writeRightsOf(type, caller).edit ? all : withoutRelated(type, all)
    })
    const shown = projection?.apply(shaped) ?? shaped
    return new Map(documents.map(({ docId }, at) => [docId, shown[at] ?? {}]))
  }

  async function showAs(
    type: PieceType,
    caller: PieceCaller,
    view: Seen,
    documents: readonly StoredDocument[],
    project: readonly string[] | null = null,
  ): Promise<readonly Shaped[]> {
    const joined = await related(type, caller, documents)
    const projection = projectionOf(type, view)
    const rights = writeRightsOf(type, caller)
    const whole = documents.map((document) => {
      const all: Record<string, Json> = { ...shape(type, document, siteUrl, projection?.touches) }
      for (const field of type.fields) {
        if (field.type !== 'relationship') continue
        const ids = idsIn(document.values, field.name)
        const there = joined.get(field.name)
        all[field.name] = ids.flatMap((id) => there?.get(id) ?? [])
        // Of documents that are not for them nobody is told, not even by their ids. Only who writes gets all of these:
        // what they send back is what the relationship holds from then on.
        if (!rights.edit) all[storageName(field.name)] = ids.filter((id) => there?.has(id))
      }
      return all
    })
    if (projection !== null) return projection.apply(whole)
    const marked = whole.map((each, at) => ({ ...each, ...rightMarks(documents[at]?.mode ?? 'published', rights) }))
    return project === null ? marked : createProjection(project).apply(marked)
  }

  /** Who does not write asks for related documents by those ids only that they see. */
  async function visibleConditions(type: PieceType, caller: PieceCaller, mode: Mode, query: PieceQuery) {
    return Promise.all(
      query.conditions.map(async (condition) => {
        if (condition.op !== 'relates') return condition
        const field = type.fields.find(({ name }) => name.startsWith('_') && storageName(name) === condition.path[0])
        const other = types.get(field?.withType ?? '')
        const ids = other === undefined ? [] : [...(await visible(other, caller, mode, condition.ids)).keys()]
        return { ...condition, ids }
      }),
    )
  }

  /** `_ids` is an order, too, unless another one is asked for. */
  async function page(wish: PieceQuery, entries: readonly QueryEntry[]) {
    const { docIds, offset, limit } = wish
    if (docIds === null || entries.some(({ name }) => name === 'sort')) return store.documents.list(wish)
    const all = await store.documents.list({ ...wish, offset: 0, limit: docIds.length })
    const places = new Map(docIds.map((id, at) => [id, at]))
    const placeOf = ({ docId }: StoredDocument) => places.get(docId) ?? 0
    return all.toSorted((a, b) => placeOf(a) - placeOf(b)).slice(offset, offset + limit)
  }

  async function choicesOf(filter: DocumentFilter, wanted: readonly WantedChoices[], as: WantedChoices['as']) {
    const entries: [string, Json][] = []
    for (const { name, operand, field } of wanted.filter((each) => each.as === as)) {
      const found = await store.documents.values(filter, operand, settings.maxPerPage)
      const label = (value: Json) => field?.choices.find((choice) => choice.value === value)?.label ?? value
      entries.push([
        name,
        found
          .filter(({ value }) => value !== '')
          .map(({ value, count }) => ({ value, label: label(value), ...(as === 'counts' ? { count } : {}) })),
      ])
    }
    return entries.length === 0 ? {} : { [as]: Object.fromEntries(entries) }
  }

  return {
    async list(type, caller, mode, entries, origin) {
      const view = demandView(type, caller, mode)
      const asked = view.see === 'empty' ? { ...view, see: 'whole' as const, visibilities: [], archived: true } : view
      const projection = projectionOf(type, asked)
      const query = readPieceQuery(entries, { type, view: asked, mode, projection }, settings)
      if (view.see === 'empty') return query.count ? { count: 0 } : { pages: 0, currentPage: query.page, results: [] }
      if (!isAtLeast(caller.rank, 'contributor')) await limits.question(origin, costOf(type, query))
      const { edit } = writeRightsOf(type, caller)
      const conditions = edit ? query.conditions : await visibleConditions(type, caller, mode, query)
      const wish = { ...query, conditions }
      if (query.count) return { count: await store.documents.count(wish) }
      const documents = await page(wish, entries)
      const count = endOf(wish, documents.length) ?? (await store.documents.count(wish))
      return {
        pages: Math.ceil(count / query.perPage),
        currentPage: query.page,
        results: await showAs(type, caller, view, documents, query.project),
        ...(await choicesOf(wish, query.choices, 'choices')),
        ...(await choicesOf(wish, query.choices, 'counts')),
      }
    },

    async one(type, caller, mode, docId, entries) {
      const view = demandView(type, caller, mode)
      if (view.see === 'empty') throw new CardeaError('not_found')
      // Only `project` counts here; all else is about lists.
      const projected = entries.filter(({ name }) => name === 'project')
      const { project } = readPieceQuery(
        projected,
        { type, view, mode, projection: projectionOf(type, view) },
        settings,
      )
      const filter = {
        ...plainFilter(type, mode, view),
        docIds: [docId],
        archived: view.archived ? null : false,
      }
      const documents = await store.documents.list({ ...filter, sort: [], limit: 1, offset: 0 })
      const [shown] = await showAs(type, caller, view, documents, project)
      if (shown === undefined) throw new CardeaError('not_found')
      return shown
    },

    async show(type, caller, document) {
      const view = viewOf(type, caller, document.mode)
      const [shown] =
        view.see === 'projected' || view.see === 'whole' ? await showAs(type, caller, view, [document]) : []
      if (shown === undefined) throw new CardeaError('not_found')
      return shown
    },

    cut(type, caller, document) {
      const view = demandView(type, caller, 'published')
      if (view.see === 'empty') throw new CardeaError('not_found')
      return projectionOf(type, view)?.apply([document])[0] ?? document
    },
  }
}

/** How many there are, where the page that was read is the last one: nothing has to be read again to be counted. */
function endOf({ offset, limit }: PieceQuery, found: number): number | null {
  return found < limit && (found > 0 || offset === 0) ? offset + found : null
}

function plainFilter(type: PieceType, mode: Mode, view: Seen): DocumentFilter {
  const { visibilities } = view
  return { type: type.name, mode, visibilities, archived: false, conditions: [], search: null, docIds: null }
}

function idsIn(values: Values, relationship: string): readonly string[] {
  const ids = values[storageName(relationship)]
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : []
}

/** One step is taken: what a related document is related to stays out, its ids included. */
function withoutRelated(type: PieceType, document: Shaped): Shaped {
  const names = type.fields.filter((field) => field.type === 'relationship').map(({ name }) => storageName(name))
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)))
}
