import type { Principal } from '../types.ts'

/** What a guarded service is told of the caller. All of them go with every answer, empty where there is nothing to say. */
export const identityHeaders = [
  'X-Cardea-User',
  'X-Cardea-Username',
  'X-Cardea-Role',
  'X-Cardea-Scopes',
  'X-Cardea-Kind',
  'X-Cardea-Jwt',
] as const
export type IdentityHeader = (typeof identityHeaders)[number]

/** For the proxy, not for the service: `1` where the service is to get the caller's credential, else empty. */
export const passCredentialsHeader = 'X-Cardea-Pass-Credentials'

export const nobodysHeaders: Readonly<Record<IdentityHeader, string>> = {
  'X-Cardea-User': '',
  'X-Cardea-Username': '',
  'X-Cardea-Role': '',
  'X-Cardea-Scopes': '',
  'X-Cardea-Kind': '',
  'X-Cardea-Jwt': '',
}

type Identity = Readonly<Record<IdentityHeader, string>>

const last = new WeakMap<Principal, Identity>()

/**
 * Percent-encoded ASCII; scopes stand in alphabetical order with blanks between them. The same object again as long as the
 * caller is the same one and has the same token.
 */
export function identityOf(principal: Principal, token: string): Identity {
  const known = last.get(principal)
  if (known?.['X-Cardea-Jwt'] === token) return known
  const made = makeIdentity(principal, token)
  last.set(principal, made)
  return made
}

function makeIdentity(principal: Principal, token: string): Identity {
  return {
    'X-Cardea-User': encodeURIComponent(principal.user?.publicId ?? ''),
    'X-Cardea-Username': encodeURIComponent(principal.user?.username ?? ''),
    'X-Cardea-Role': encodeURIComponent(principal.role),
    'X-Cardea-Scopes': [...principal.scopes].sort().map(encodeScope).join(' '),
    'X-Cardea-Kind': principal.kind,
    'X-Cardea-Jwt': token,
  }
}

const encodeScope = (scope: string): string => encodeURIComponent(scope).replaceAll('%3A', ':')

const ours = /^x[^a-z0-9]cardea(?:[^a-z0-9]|$)/

/**
 * Whether a service could take a header of this name (in lower case) for one of ours. CGI, WSGI and their like make no
 * difference between `-` and `_`.
 */
export function looksLikeIdentity(name: string): boolean {
  return ours.test(name)
}
