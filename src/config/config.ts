import type { ApostropheSettings } from '../apis/apostrophe/settings.ts'
import type { FreesewingSettings } from '../apis/freesewing/settings.ts'
import type { HautaiSettings } from '../apis/hautai/settings.ts'
import type { LibrephotosSettings } from '../apis/librephotos/settings.ts'
import type { CoreSettings } from '../core/settings.ts'
import type { AccessSettings } from '../http/access-rules.ts'
import type { HttpSettings } from '../http/settings.ts'
import type { GatewaySettings } from '../http/upstreams.ts'
import type { PhotoSettings } from './photos.ts'

/** Where a value came from, from weakest to strongest. */
export type Source = 'default' | 'file' | 'environment' | 'flag'

/** One row of `cardea config`; the value of a secret setting is never in it. */
export interface DescribedSetting {
  readonly setting: string
  readonly value: unknown
  readonly from: Source
}

/** Everything the server is told, checked and deep-frozen. Holds secrets: never log it; `describeConfig` is for showing. */
export interface Config {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  readonly publicUrl: string
  /** Absolute. */
  readonly dataDir: string
  readonly databaseUrl: string | null
  readonly databasePoolSize: number
  /** Text of the root secret; null: kept in the data folder. See `openRootSecret`. */
  readonly secret: string | null
  readonly previousSecrets: readonly string[]
  readonly strict: boolean
  readonly allowInsecure: boolean
  readonly smtp: { readonly url: string; readonly from: string } | null
  /** Mails are written to files because there is no SMTP server. */
  readonly outbox: boolean
  readonly mailFrom: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly passwordHash: {
    readonly memoryKib: number
    readonly passes: number
    readonly lanes: number
    readonly parallel: number
    readonly queue: number
  }
  readonly http: HttpSettings
  /** The contracts beside the native one, by the name of the API. */
  readonly doors: {
    readonly freesewing: FreesewingSettings
    readonly librephotos: LibrephotosSettings
    readonly hautai: HautaiSettings
    readonly apostrophe: ApostropheSettings
  }
  readonly photos: PhotoSettings
  /** What `/auth/verify` lets through. */
  readonly access: AccessSettings
  readonly gateway: GatewaySettings
  readonly core: CoreSettings
  /** Absolute path of the configuration file, or null. */
  readonly file: string | null
  readonly described: readonly DescribedSetting[]
  /** What is looser than strict mode would have it, one sentence each. */
  readonly relaxations: readonly string[]
}

/** The settings for showing: secrets are replaced by a note. */
export function describeConfig(config: Config): readonly DescribedSetting[] {
  return config.described
}

/** Each explicit relaxation of the rules of strict mode, in a sentence that names the setting. */
export function relaxations(config: Config): readonly string[] {
  return config.relaxations
}

/** The same configuration on the port that the system chose, for `port: 0`. */
export function onPort(config: Config, port: number): Config {
  return config.port === port ? config : withDefaultUrl({ ...config, port }, urlOf(config.host, port))
}

/** The same configuration under `publicUrl`, unless somebody set another. */
export function withDefaultUrl(config: Config, publicUrl: string): Config {
  const isSet = (path: string) => config.described.some(({ setting, from }) => setting === path && from !== 'default')
  if (isSet('publicUrl')) return deepFreeze({ ...config })
  const audience = isSet('audience') ? config.core.audience : publicUrl
  return deepFreeze({
    ...config,
    publicUrl,
    http: { ...config.http, publicUrl },
    core: { ...config.core, publicUrl, audience },
  })
}

export function urlOf(host: string, port: number): string {
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`).origin
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}
