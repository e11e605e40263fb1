/** What every contract beside the native one is told. */
export interface DoorSettings {
  readonly enabled: boolean
  /** What all its paths stand below: `''` or `/name`. */
  readonly prefix: string
  /** Where its front end is, without a trailing slash; null: there is none, and pages of ours stand in. */
  readonly siteUrl: string | null
  readonly corsOrigins: readonly string[] | '*'
}

/** What the pages under `/console` are told. */
export interface ConsoleSettings {
  /** A page where nothing was done for this long signs out. */
  readonly idleSeconds: number
}

/** What the web layer is told. */
export interface HttpSettings {
  /** Without a trailing slash. */
  readonly publicUrl: string
  /** Addresses or CIDR blocks of our own proxies. */
  readonly trustedProxies: readonly string[]
  /** Further `Host` names that this server answers to. */
  readonly allowedHosts: readonly string[]
  /** Origins that may call the native API from a browser. */
  readonly corsOrigins: readonly string[]
  readonly bodyLimitBytes: number
  /** OpenAPI document and viewers are served. */
  readonly documents: boolean
  /** Null: the console is not served. */
  readonly console: ConsoleSettings | null
}
