import { CardeaError } from '../errors.ts'
import type { Principal } from '../types.ts'
import { isAtLeast, type PieceType, type Rank } from './piece-types.ts'

export const visibilities = ['public', 'loginRequired'] as const
export type Visibility = (typeof visibilities)[number]
export const modes = ['published', 'draft'] as const
export type Mode = (typeof modes)[number]

/** Who asks. `principal` null: nobody who is known, or a command of the operator. */
export interface PieceCaller {
  readonly rank: Rank
  /** Not all who see drafts write: support, say, and keys that are cut to reading. */
  readonly writes: boolean
  readonly principal: Principal | null
}

/**
 * What a caller sees of a type in one mode. `hidden`: the type does not exist for them. `empty`: it does, and nothing in
 * it. `draft`: drafts are not for them, which is said before anything else.
 */
export type View =
  | { readonly see: 'draft' | 'hidden' | 'empty' }
  | {
      readonly see: 'projected' | 'whole'
      readonly visibilities: readonly Visibility[]
      /** What was put away is for those who see drafts. */
      readonly archived: boolean
    }

export function viewOf(type: PieceType, { rank }: PieceCaller, mode: Mode): View {
  if (mode === 'draft' && !isAtLeast(rank, 'contributor')) return { see: 'draft' }
  const whole = isAtLeast(rank, 'contributor') || (type.guestApiAccess && isAtLeast(rank, 'guest'))
  if (!whole && type.publicApiProjection === null) return { see: 'hidden' }
  if (!isAtLeast(rank, type.viewRole)) return { see: 'empty' }
  return {
    see: whole ? 'whole' : 'projected',
    visibilities: isAtLeast(rank, 'guest') ? visibilities : ['public'],
    archived: isAtLeast(rank, 'contributor'),
  }
}

export type Seen = Extract<View, { readonly see: 'projected' | 'whole' }>

/**
 * The view, or the refusal that stands for it. That drafts are not for the caller (scope_missing with the extra member
 * `mode`) is said first: it hangs on no type. not_found for a type that does not exist for them.
 */
export function demandView(type: PieceType, caller: PieceCaller, mode: Mode): Seen | { readonly see: 'empty' } {
  const view = viewOf(type, caller, mode)
  if (view.see === 'draft') throw new CardeaError('scope_missing', { extra: { mode: 'draft' } })
  if (view.see === 'hidden') throw new CardeaError('not_found', { internal: 'the type is not public' })
  return view as Seen | { readonly see: 'empty' } // the two others were refused
}

export interface WriteRights {
  /** Makes and changes drafts. */
  readonly edit: boolean
  /** Publishes, and changes what is published. */
  readonly publish: boolean
}

export function writeRightsOf(type: PieceType, { rank, writes }: PieceCaller): WriteRights {
  const edit =
    writes && isAtLeast(rank, 'contributor') && isAtLeast(rank, type.viewRole) && isAtLeast(rank, type.editRole)
  return { edit, publish: edit && isAtLeast(rank, type.publishRole) }
}
