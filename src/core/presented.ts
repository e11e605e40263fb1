import type { CredentialKind } from '../types.ts'

/** A credential as it came in: what http/credentials.ts reads from headers, query and cookies. */
export type Presented =
  /**
   * `Authorization: Bearer x`: the form of x tells access token, private token or opaque bearer. `cookie`: x came in a
   * cookie, and the caller has checked the same-origin proof.
   */
  | { readonly via: 'bearer'; readonly text: string; readonly cookie?: true }
  /** `Authorization: Basic`, decoded; a UUID as user name means an API key, else name and password. */
  | { readonly via: 'basic'; readonly username: string; readonly password: string }
  /** `Authorization: ApiKey x`, `X-API-Key: x`, `?apikey=x`: API key (one-string form) or static key. */
  | { readonly via: 'key'; readonly text: string }
  /** A session cookie's value. The caller has checked the same-origin proof. */
  | { readonly via: 'cookie'; readonly text: string }
  /** The header was there but could not be read. */
  | { readonly via: 'unreadable'; readonly kind: CredentialKind }
