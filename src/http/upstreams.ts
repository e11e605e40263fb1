import type { CredentialKind, Scope } from '../types.ts'

/** A service behind the gateway. */
export interface Upstream {
  /** All at and below this path is the service's. */
  readonly prefix: string
  readonly target: UpstreamTarget
  readonly accepts: readonly CredentialKind[]
  readonly requires: readonly Scope[]
  /** `aud` of the identity token. */
  readonly audience: string
  /** What everybody may read; null: nobody without a credential. */
  readonly open: OpenReads | null
}

export interface UpstreamTarget {
  readonly protocol: 'http:' | 'https:'
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** As it stands in `Host`. */
  readonly authority: string
  /** What takes the prefix's place, without a closing slash; null: the path stays as it is. */
  readonly path: string | null
}

export interface OpenReads {
  /** Dotted paths of the members that are shown. */
  readonly paths: readonly string[]
  /** Names that a query without a credential may hold. */
  readonly query: readonly string[]
}

export interface GatewaySettings {
  readonly upstreams: readonly Upstream[]
  readonly connectSeconds: number
  readonly idleSeconds: number
  /** The largest JSON answer that is read to be projected. */
  readonly projectBytes: number
}

/** Whether a path lies at or below a prefix. */
export const isUnder = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) && (path.length === prefix.length || path.charAt(prefix.length) === '/')
