import { createAddressList, isAddressOrBlock } from '../core/address-list.ts'
import type { JsonObject } from '../crypto/json-object.ts'
import { ownClientId } from '../crypto/jwt.ts'
import { isUuid } from '../crypto/random.ts'
import { apiNames, type Factor, factorMethods } from '../types.ts'
import type { GuardKind, GuardPrincipal, Known } from './types.ts'

/**
 * The principal that a token's claims, or an answer of introspection, speak of; null when they do not fit. Both name the
 * same things by the same words. `keyId`: that of an API key or private token.
 */
export function principalOf(
  kind: GuardKind,
  claims: JsonObject,
): { readonly principal: GuardPrincipal; readonly addresses: Known['addresses'] } | null {
  const { sub, scope, role, client_id: clientId, sid, exp, act, api, username, user_kind: userKind } = claims
  const issuer = apiNames.find((name) => name === api)
  const factors = factorsOf(claims.amr)
  const addresses = addressesOf(claims.allow_addresses)
  const actor = actorOf(act)
  const isWhole = isId(sub) && typeof scope === 'string' && isText(role) && isText(clientId) && issuer !== undefined
  if (!isWhole || factors === null || addresses === 'wrong' || actor === 'wrong') return null
  if (!isTimeOrNone(exp) || !isTimeOrNone(claims.auth_time)) return null
  const isOfSession = clientId === ownClientId
  if (!isId(isOfSession ? sid : clientId)) return null
  const principal: GuardPrincipal = {
    kind,
    user: {
      publicId: sub,
      ...(isText(username) && { username }),
      ...((userKind === 'person' || userKind === 'service') && { kind: userKind }),
    },
    role,
    scopes: new Set(scope.split(' ').filter((name) => name !== '')),
    api: issuer,
    sessionId: isOfSession ? String(sid) : null,
    keyId: isOfSession ? null : clientId,
    factors,
    provenAt: claims.auth_time === undefined ? null : claims.auth_time * 1000,
    expiresAt: exp === undefined ? null : exp * 1000,
    actor,
  }
  return { principal, addresses }
}

/** Users, sessions, keys and private tokens are all named by UUIDs. */
const isId = (value: unknown): value is string => typeof value === 'string' && isUuid(value)

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const isTimeOrNone = (value: unknown): value is number | undefined =>
  value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)

/** Words that we do not know are another version's; what they prove nobody here can say. */
function factorsOf(amr: unknown): readonly Factor[] | null {
  if (amr === undefined) return []
  if (!Array.isArray(amr)) return null
  const known = Object.entries(factorMethods) as [Factor, string][]
  return known.filter(([, method]) => amr.includes(method)).map(([factor]) => factor)
}

function addressesOf(entries: unknown): Known['addresses'] | 'wrong' {
  if (entries === undefined) return null
  const isList = Array.isArray(entries) && entries.every((each) => isText(each) && isAddressOrBlock(each))
  return isList && entries.length > 0 ? createAddressList(entries) : 'wrong'
}

function actorOf(act: unknown): string | null | 'wrong' {
  if (act === undefined) return null
  const sub = typeof act === 'object' && act !== null && 'sub' in act ? act.sub : null
  return isId(sub) ? sub : 'wrong'
}
