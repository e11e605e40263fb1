import { z } from '@hono/zod-openapi'
import type { Mode, PieceCaller } from '../../core/piece-rights.ts'
import { CardeaError } from '../../errors.ts'
import { type BracketEntry, readBracketQuery } from '../../http/bracket-query.ts'
import type { Api, Call } from '../api.ts'
import { renderError } from './errors.ts'
import { rankOf } from './ranks.ts'
import { json } from './reply.ts'

/* What all routes of piece types read of a request: who asks, in which mode, for which document. */

/** The one locale that there is. */
const locale = 'en'

export const PieceBody = z
  .looseObject({ _id: z.string(), type: z.string(), metaType: z.literal('doc') })
  .openapi('ApostrophePiece')

export const PieceListBody = z
  .union([
    z.strictObject({
      pages: z.int().min(0),
      currentPage: z.int().min(1),
      results: z.array(PieceBody),
      choices: z.record(z.string(), z.unknown()).optional(),
      counts: z.record(z.string(), z.unknown()).optional(),
    }),
    z.strictObject({ count: z.int().min(0) }),
  ])
  .openapi('ApostrophePieceList')

const text = (description: string) => z.string().optional().openapi({ description })

export const modeQuery = {
  aposMode: text('`published` (default) or `draft`.'),
  aposLocale: text('`en`, or `en:draft`.'),
}
export const listQuery = z.object({
  ...modeQuery,
  page: text('From 1 on.'),
  perPage: text('Default 50.'),
  count: text('`1`: only how many there are.'),
  'sort[FIELD]': text('`1` or `-1`; without it the newest change comes first.'),
  search: text('Words that all have to be in some text of the document.'),
  '_ids[]': text('Ids; the answer keeps their order.'),
  FIELD: text('A value of a field, several of them, or `FIELD[min]` and `FIELD[max]`.'),
  'project[FIELD]': text('`1` for each field to include, where whole documents are seen.'),
  choices: text('Fields whose values are listed; `counts` with how often each is there.'),
  archived: text('`true` or `any`.'),
})
export const oneQuery = z.object({ ...modeQuery, 'project[FIELD]': text('`1` for each field to include.') })

export interface Asked {
  readonly caller: PieceCaller
  readonly mode: Mode
  readonly entries: readonly BracketEntry[]
}

/** Said in a way of its own where the mode stands in the query: without data and message. */
const draftByQuery = 'query'

export const renderPieceError: Api['renderError'] = (error, context) =>
  error.code === 'scope_missing' && error.detail.extra?.mode === draftByQuery
    ? json(403, { name: 'forbidden' })
    : renderError(error, context)

/**
 * The caller and the mode. Drafts are refused to those who see none before anything is looked up. `inBody`: the query
 * that stands in the body; then that of the address is not the list's, but mode, locale and sharing count from either.
 */
export function readAsked(
  call: Pick<Call, 'core' | 'request' | 'principal'>,
  { suffix = null, inBody }: { readonly suffix?: Mode | null; readonly inBody?: readonly BracketEntry[] } = {},
): Asked {
  const inAddress = readBracketQuery(new URL(call.request.url).searchParams)
  const all = [...(inBody ?? []), ...inAddress]
  const value = (name: string) => all.find((entry) => entry.name === name && entry.key === null)?.value
  const isShared = value('aposShareId') !== undefined && value('aposShareKey') !== undefined
  const caller = isShared ? nobody : callerOf(call)
  const asked = modeIn(value('aposMode'), value('aposLocale'))
  if (asked === 'draft' && ['anonymous', 'guest'].includes(caller.rank))
    throw new CardeaError('scope_missing', { extra: { mode: draftByQuery } })
  return { caller, mode: asked ?? suffix ?? 'published', entries: inBody ?? inAddress }
}

/** A link that is shared shows what anybody sees, whoever opens it. */
const nobody: PieceCaller = { rank: 'anonymous', writes: false, principal: null }

function callerOf({ core, principal }: Pick<Call, 'core' | 'principal'>): PieceCaller {
  const writes = principal?.scopes.has('drafts:write') === true || principal?.scopes.has('documents:write') === true
  return { rank: rankOf(core, principal) ?? 'anonymous', writes, principal }
}

const modes: readonly Mode[] = ['published', 'draft']

/** Null: nothing is said of it. */
function modeIn(mode: string | undefined, place: string | undefined): Mode | null {
  const [language, inLocale, ...rest] = (place ?? locale).split(':')
  if (language !== locale || rest.length > 0) throw invalid('aposLocale', `must be ${locale}`)
  const said = mode ?? inLocale
  if (said === undefined) return null
  const found = modes.find((each) => each === said)
  if (found === undefined) throw invalid('aposMode', `must be one of ${modes.join(', ')}`)
  return found
}

function invalid(field: string, message: string): CardeaError {
  return new CardeaError('request_invalid', { fields: [{ field, message }] })
}

export interface NamedDocument {
  /** Null: no id of ours; nothing is called so. */
  readonly docId: string | null
  /** From `id:en:draft`. */
  readonly suffix: Mode | null
}

export function readId(id: string): NamedDocument {
  const [docId = '', language = locale, mode, ...rest] = id.split(':')
  const suffix = mode === undefined ? null : modes.find((each) => each === mode)
  const isRight =
    /^[a-z][a-z0-9]{7,63}$/.test(docId) && language === locale && suffix !== undefined && rest.length === 0
  return isRight ? { docId, suffix } : { docId: null, suffix: null }
}
