import type { Command } from 'commander'
import type { Core } from '../core/cardea.ts'
import type { Page, PageWish } from '../core/records.ts'
import { findUser } from '../server/find-user.ts'
import type { User } from '../types.ts'
import { type Io, minute, writeJson, writeNote, writeTable } from './output.ts'
import { pageOf } from './page.ts'
import { addVerb, type CommonFlags, withHouse } from './verb.ts'

interface ListFlags extends CommonFlags {
  readonly all?: boolean
  readonly limit: string
  readonly cursor?: string
}

/** What API keys and private tokens have in common in a table. */
interface Listed {
  readonly name: string
  readonly scopes: readonly string[] | null
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
  readonly suspendedAt: number | null
}

export interface CredentialList<T extends Listed> {
  /** The verb's noun, such as `key`, and what it lists, such as `API keys`. */
  readonly noun: string
  readonly plural: string
  readonly list: (
    core: Core,
    owner: User | null,
    wish: PageWish & { readonly includeRevoked: boolean },
  ) => Promise<Page<T>>
  readonly idOf: (item: T) => string
  readonly json: (item: T) => object
}

/** `cardea key list`, `cardea token list`. */
export function addCredentialList<T extends Listed>(parent: Command, io: Io, what: CredentialList<T>): void {
  const { noun, plural, list, idOf, json } = what
  addVerb(parent, 'list [user]', `list ${plural}, of one user or of all`, `${noun} list alice`)
    .option('--all', 'revoked ones, too')
    .option('--limit <n>', 'how many, 1 to 200', '100')
    .option('--cursor <cursor>', 'go on where the last list ended')
    .action((who: string | undefined, flags: ListFlags) =>
      withHouse(io, flags, async ({ core, store }) => {
        const owner = who === undefined ? null : await findUser(store, who)
        const wish = { ...pageOf(flags), includeRevoked: flags.all === true }
        const { items, nextCursor } = await list(core, owner, wish)
        if (flags.json === true) return writeJson(io, { items: items.map(json), next_cursor: nextCursor })
        writeTable(
          io,
          ['ID', 'NAME', 'SCOPES', 'EXPIRES', 'LAST USED', 'REVOKED', 'SUSPENDED'],
          items.map((item) => [
            idOf(item),
            item.name,
            item.scopes === null ? '(as owner)' : item.scopes.join(' '),
            minute(item.expiresAt),
            minute(item.lastUsedAt),
            minute(item.revokedAt),
            minute(item.suspendedAt),
          ]),
        )
        if (nextCursor !== null) writeNote(io, `There are more: --cursor ${nextCursor}`)
      }),
    )
}
