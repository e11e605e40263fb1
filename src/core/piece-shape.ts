import type { StoredDocument } from './document-records.ts'
import type { Values } from './piece-fields.ts'
import { defaultOf } from './piece-fields.ts'
import type { Shaped } from './piece-projection.ts'
import { templateNames } from './piece-projection.ts'
import type { Mode, WriteRights } from './piece-rights.ts'
import { type PieceType, storedName } from './piece-types.ts'
import type { Json } from './records.ts'

/** The one locale that there is. */
export const locale = 'en'

export function fullId(docId: string, mode: Mode): string {
  return `${docId}:${locale}:${mode}`
}

const iso = (at: number): string => new Date(at).toISOString()

/** A document with all its members: those of every document, the declared fields in their order, and its address. */
export function shape(type: PieceType, document: StoredDocument, site: string | null): Shaped {
  const { docId, mode, slug, values } = document
  const url = urlOf(type, slug, values, site)
  return {
    _id: fullId(docId, mode),
    aposDocId: docId,
    aposLocale: `${locale}:${mode}`,
    aposMode: mode,
    metaType: 'doc',
    type: type.name,
    slug,
    visibility: document.visibility,
    archived: document.archived,
    createdAt: iso(document.createdAt),
    updatedAt: iso(document.updatedAt),
    updatedBy: authorOf(document),
    lastPublishedAt: document.publishedAt === null ? null : iso(document.publishedAt),
    cacheInvalidatedAt: iso(document.updatedAt),
    // What is stored under names that are not declared any more stays where it is.
    ...Object.fromEntries(
      type.fields.map((field) => {
        const name = storedName(field)
        return [name, Object.hasOwn(values, name) ? (values[name] ?? null) : defaultOf(field)]
      }),
    ),
    ...(url === null ? {} : { _url: url }),
  }
}

/** Keys of the configuration, imports and users who are gone are the system, as this contract's clients know it. */
function authorOf({ updatedBy }: StoredDocument): Json {
  return updatedBy === null
    ? { title: 'System Task' }
    : { _id: updatedBy.publicId, title: updatedBy.username, username: updatedBy.username }
}

/** What a caller may do with a document; guests and those who see a projection are told nothing. */
export function rightMarks(mode: Mode, { edit, publish }: WriteRights): Shaped {
  const here = mode === 'draft' ? edit : publish
  return {
    ...(edit ? { _create: true } : {}),
    ...(here ? { _edit: true } : {}),
    ...(publish ? { _publish: true } : {}),
    ...(here ? { _delete: true } : {}),
  }
}

/** Null: the type has no address, or a part of it is empty. `site`: what it begins with; null: the path alone. */
function urlOf(type: PieceType, slug: string, values: Values, site: string | null): string | null {
  if (type.url === null) return null
  const parts = new Map(templateNames(type.url).map((name) => [name, name === 'slug' ? slug : values[name]]))
  for (const part of parts.values()) if (part === undefined || part === null || part === '') return null
  const path = type.url.replaceAll(/:([A-Za-z_]\w*)/g, (_, name: string) => encodeURIComponent(String(parts.get(name))))
  return `${site ?? ''}${path}`
}
