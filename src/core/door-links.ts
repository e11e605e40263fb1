import { equalText } from '../crypto/compare.ts'
import { hmacHex } from '../crypto/hash.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import type { ApiName } from '../types.ts'
import type { LinkPurpose } from './mail-texts.ts'
import { isMailedBy, type OneTimes } from './one-time.ts'

/**
 * Links in the mails of a door whose clients know them as an id (a UUID) and a check beside it. The id is the one-time
 * token; the check is made of it under a key of ours, so that nothing more is stored and an id alone does not open
 * what asks for both.
 */

/**
 * Address of a door's own link, or null for purposes that it has no page for: these lead to the native one. `to`: the
 * e-mail address that it is mailed to.
 */
export type DoorLink = (purpose: LinkPurpose, id: string, check: string, to: string) => string | null

export interface DoorLinks {
  /** Null: a link of the native API. */
  address(api: ApiName, purpose: LinkPurpose, token: string, to: string): string | null
  /** Where the link leads, and so the only door that takes it: an id is no token of a door that asks for no check. */
  doorOf(api: ApiName, purpose: LinkPurpose): ApiName
  /** What tokens look like that are mailed for this door: ids where it has a link of its own for them. */
  formOf(api: ApiName, purpose: LinkPurpose): 'token' | 'uuid'
  checkOf(id: string): string
  isCheck(id: string, check: string): boolean
  /** What was mailed under this id for this door and still waits to be used, or null. */
  purposeOf(api: ApiName, id: string): Promise<LinkPurpose | null>
}

export interface DoorLinksDeps {
  readonly keyTree: KeyTree
  readonly oneTimes: OneTimes
  readonly links: Readonly<Partial<Record<ApiName, DoorLink>>>
}

const mailedPurposes = ['confirm-email', 'change-email', 'sign-in-link'] as const

/** 16 hex characters, as clients know them. */
const checkUnder = (key: Uint8Array, id: string): string => hmacHex(key, id).slice(0, 16)

export function createDoorLinks({ keyTree, oneTimes, links }: DoorLinksDeps): DoorLinks {
  const checkOf = (id: string) => checkUnder(keyTree.current('link-check').bytes, id)
  return {
    address: (api, purpose, token, to) => links[api]?.(purpose, token, checkOf(token), to) ?? null,
    doorOf: (api, purpose) => ((links[api]?.(purpose, '', '', '') ?? null) === null ? 'native' : api),
    formOf: (api, purpose) => ((links[api]?.(purpose, '', '', '') ?? null) === null ? 'token' : 'uuid'),
    checkOf,
    // A link that was mailed before the root secret was changed is as good as one after.
    isCheck: (id, check) => keyTree.all('link-check').some((key) => equalText(check, checkUnder(key.bytes, id))),
    async purposeOf(api, id) {
      for (const purpose of mailedPurposes) {
        const row = await oneTimes.peek(purpose, id)
        if (row !== null && isMailedBy(row, api)) return purpose
      }
      return null
    },
  }
}
