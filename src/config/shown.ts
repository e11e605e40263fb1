import { type Config, describeConfig, type Source } from './config.ts'
import { defaultOf } from './docs.ts'
import type { Option } from './option.ts'
import { type OptionPath, optionPaths, options, variableOf } from './options.ts'

/** A setting as the console shows it. */
export interface ShownSetting {
  readonly setting: OptionPath
  readonly variable: string
  /** Null where only `isSet` is told. */
  readonly value: unknown
  readonly shown: boolean
  readonly isSet: boolean
  readonly source: Source
  /** In words, as in the documentation. */
  readonly default: string
  readonly unit: string | null
  readonly doc: string
}

/**
 * Texts and lists that are fit to be seen by administrators. Numbers and switches always are; of all else it is only
 * said whether it is set, so that a new setting stays hidden until somebody has thought about it.
 */
const fitToBeSeen: ReadonlySet<OptionPath> = new Set<OptionPath>([
  'host',
  'publicUrl',
  'dataDir',
  'strict',
  'audience',
  'trustedProxies',
  'allowedHosts',
  'corsOrigins',
  'documents',
  'signUp',
  'totp.issuer',
  'requireFactor',
  'roles',
  'signing.algorithm',
  'smtp.from',
  'freesewing.prefix',
  'freesewing.siteUrl',
  'freesewing.corsOrigins',
  'apostrophe.prefix',
  'apostrophe.siteUrl',
  'apostrophe.corsOrigins',
  'apostrophe.shortName',
  'librephotos.prefix',
  'librephotos.siteUrl',
  'librephotos.corsOrigins',
  'librephotos.cookie',
  'hautai.prefix',
  'hautai.siteUrl',
  'hautai.corsOrigins',
  'log.level',
])

/** Every setting there is, with its value where that is safe to be seen. */
export function showConfig(config: Config): readonly ShownSetting[] {
  const described = new Map(describeConfig(config).map((row) => [row.setting, row]))
  return optionPaths.map((path) => {
    const option: Option<never> | Option<unknown> = options[path]
    const { value, from } = described.get(path) ?? { value: null, from: 'default' as const }
    const isPlain = typeof value === 'number' || typeof value === 'boolean'
    const shown = option.secret !== true && (isPlain || fitToBeSeen.has(path))
    return {
      setting: path,
      variable: variableOf(path),
      value: shown ? current(config, path, value) : null,
      shown,
      isSet: value !== null && !(Array.isArray(value) && value.length === 0),
      source: from,
      default: defaultOf(option).replaceAll('`', ''),
      unit: option.unit ?? null,
      doc: option.doc.replaceAll('`', ''),
    }
  })
}

/** With port 0 the system chose one when the server began to listen. */
function current(config: Config, path: OptionPath, value: unknown): unknown {
  if (path === 'port') return config.port
  if (path === 'publicUrl') return config.publicUrl
  if (path === 'audience') return config.core.audience
  return value
}
