import { resolve } from 'node:path'
import type { CoreSettings, StaticKey } from '../core/settings.ts'
import type { DoorSettings } from '../http/settings.ts'
import type { GatewaySettings } from '../http/upstreams.ts'
import type { RoleName, Scope } from '../types.ts'
import { type Config, type DescribedSetting, deepFreeze, type Source, urlOf } from './config.ts'
import { ConfigError, type Problem } from './config-error.ts'
import { type DoorName, doorNames } from './doors.ts'
import type { Option } from './option.ts'
import { type OptionPath, optionPaths, options, type Values } from './options.ts'
import { overlap, type PhotoSettings } from './photos.ts'
import { nativePaths, serviceProblems } from './services.ts'
import { type Draft, findRelaxations, hasMail, isLoopback, isStrict, strictProblems } from './strict.ts'

export type RoleTable = Readonly<Record<RoleName, readonly Scope[]>>

export interface Given {
  readonly values: Values
  readonly sources: ReadonlyMap<OptionPath, { readonly source: Source; readonly name: string }>
  readonly production: boolean
  readonly folder: string
  readonly file: string | null
  readonly builtInRoles: RoleTable
  /** Inside another program. */
  readonly embedded: boolean
  /** What was wrong with single values; reported together with what does not fit together. */
  readonly problems: readonly Problem[]
}

/** Works out the defaults that follow from other settings, checks what must fit together, freezes. Throws ConfigError. */
export function assemble(given: Given): Config {
  const { values } = given
  const roles: RoleTable = { ...given.builtInRoles, ...values.roles }
  const isSet = (path: string) => given.sources.has(path as OptionPath)
  const from = (path: string) => given.sources.get(path as OptionPath)?.name ?? 'default'
  const host = sure('host', values.host)
  const port = sure('port', values.port)
  const wildcard = ['0.0.0.0', '::'].includes(host)
  const publicUrl = values.publicUrl ?? urlOf(wildcard ? '127.0.0.1' : host, port)
  const draft: Draft = { values, isSet, from, production: given.production, host, publicUrl }
  const strict = isStrict(draft)
  const problems = [
    ...given.problems,
    ...crossProblems(draft, strict, wildcard && values.publicUrl === undefined, roles),
    ...libraryProblems(draft, given.folder),
    ...serviceProblems(draft, given.embedded),
  ]
  // A setting that could not be read at all is not blamed a second time for what follows from its absence.
  const blamed = new Set(given.problems.map(({ setting }) => setting))
  const distinct = [
    ...given.problems,
    ...problems.slice(given.problems.length).filter(({ setting }) => !blamed.has(setting)),
  ]
  if (distinct.length > 0) throw new ConfigError(distinct.toSorted((a, b) => placeOf(a) - placeOf(b)))

  const smtpUrl = values['smtp.url'] ?? null
  const mailFrom = values['smtp.from'] ?? `Cardea <no-reply@${mailHost(publicUrl)}>`
  const documents = values.documents === 'always' || (values.documents === 'development' && !strict)
  const described: DescribedSetting[] = optionPaths.map((path) => ({
    setting: path,
    value: shown(
      options[path],
      values[path] ?? worked({ publicUrl, strict, values, mailFrom, embedded: given.embedded })[path] ?? null,
    ),
    from: given.sources.get(path)?.source ?? 'default',
  }))
  return deepFreeze<Config>({
    host,
    port,
    publicUrl,
    dataDir: resolve(given.folder, sure('dataDir', values.dataDir)),
    databaseUrl: values.databaseUrl ?? null,
    databasePoolSize: sure('databasePoolSize', values.databasePoolSize),
    secret: values.secret ?? null,
    previousSecrets: [...(values.previousSecrets ?? [])],
    strict,
    allowInsecure: values.allowInsecure === true,
    smtp: smtpUrl === null ? null : { url: smtpUrl, from: mailFrom },
    outbox: smtpUrl === null,
    mailFrom,
    logLevel: sure('log.level', values['log.level']),
    passwordHash: {
      memoryKib: sure('passwordHash.memoryKib', values['passwordHash.memoryKib']),
      passes: sure('passwordHash.passes', values['passwordHash.passes']),
      lanes: sure('passwordHash.lanes', values['passwordHash.lanes']),
      parallel: sure('passwordHash.parallel', values['passwordHash.parallel']),
      queue: sure('passwordHash.queue', values['passwordHash.queue']),
    },
    http: {
      publicUrl,
      trustedProxies: [...(values.trustedProxies ?? [])],
      allowedHosts: [...(values.allowedHosts ?? [])],
      corsOrigins: [...(values.corsOrigins ?? [])],
      bodyLimitBytes: sure('bodyLimitBytes', values.bodyLimitBytes),
      documents,
      console:
        values['console.enabled'] === false
          ? null
          : { idleSeconds: sure('console.idleSeconds', values['console.idleSeconds']) },
    },
    doors: doorSettings(values, given.embedded),
    photos: photoSettings(values, given.folder),
    access: { rules: values.rules ?? [], signInUrl: values.signInUrl ?? null },
    gateway: gatewaySettings(values),
    core: coreSettings(values, publicUrl, strict, roles),
    file: given.file,
    described,
    relaxations: findRelaxations(draft),
  })
}

/** In the order of the table, what is no setting first. */
function placeOf({ setting }: Problem): number {
  return Object.keys(options).indexOf(setting)
}

/** The defaults that are worked out, for showing. */
function worked({
  publicUrl,
  strict,
  values,
  mailFrom,
  embedded,
}: {
  publicUrl: string
  strict: boolean
  values: Values
  mailFrom: string
  embedded: boolean
}): Partial<Record<OptionPath, unknown>> {
  return {
    publicUrl,
    audience: publicUrl,
    requireFactor: strict ? ['admin'] : [],
    'smtp.from': mailFrom,
    outbox: values['smtp.url'] === null && !strict,
    ...Object.fromEntries(
      doorNames.flatMap((name) => [
        [`${name}.enabled`, !embedded],
        [`${name}.siteUrl`, publicUrl],
      ]),
    ),
  }
}

/** The contracts beside the native one. */
function doorSettings(values: Values, embedded: boolean): Config['doors'] {
  const door = (name: DoorName): DoorSettings => {
    const origins = sure(`${name}.corsOrigins`, values[`${name}.corsOrigins`])
    return {
      enabled: values[`${name}.enabled`] ?? !embedded,
      prefix: sure(`${name}.prefix`, values[`${name}.prefix`]),
      siteUrl: values[`${name}.siteUrl`] ?? null,
      corsOrigins: origins === '*' ? origins : [...origins],
    }
  }
  return {
    freesewing: {
      ...door('freesewing'),
      tokenSeconds: sure('freesewing.tokenSeconds', values['freesewing.tokenSeconds']),
      keyMaxSeconds: sure('freesewing.keyMaxSeconds', values['freesewing.keyMaxSeconds']),
      revealUnknown: values['freesewing.revealUnknown'] === true,
      keysChangeCredentials: values['freesewing.keysChangeCredentials'] === true,
    },
    apostrophe: {
      ...door('apostrophe'),
      shortName: sure('apostrophe.shortName', values['apostrophe.shortName']),
      tokenSeconds: sure('apostrophe.tokenSeconds', values['apostrophe.tokenSeconds']),
    },
    librephotos: {
      ...door('librephotos'),
      accessSeconds: sure('librephotos.accessSeconds', values['librephotos.accessSeconds']),
      refreshSeconds: sure('librephotos.refreshSeconds', values['librephotos.refreshSeconds']),
      cookie: sure('librephotos.cookie', values['librephotos.cookie']),
      basic: sure('librephotos.basic', values['librephotos.basic']),
      openFirstSetup: values['librephotos.openFirstSetup'] === true,
      accelRedirect: values['librephotos.accelRedirect'] === true,
    },
    hautai: door('hautai'),
  }
}

function photoSettings(values: Values, folder: string): PhotoSettings {
  const library = values['librephotos.library'] ?? null
  return {
    library: library === null ? null : resolve(folder, library),
    scanSeconds: values['librephotos.scanSeconds'] || null,
    maxPixels: sure('librephotos.maxPixels', values['librephotos.maxPixels']),
    decodeSeconds: sure('librephotos.decodeSeconds', values['librephotos.decodeSeconds']),
    decodeParallel: sure('librephotos.decodeParallel', values['librephotos.decodeParallel']),
  }
}

function gatewaySettings(values: Values): GatewaySettings {
  return {
    upstreams: values.upstreams ?? [],
    connectSeconds: sure('gateway.connectSeconds', values['gateway.connectSeconds']),
    idleSeconds: sure('gateway.idleSeconds', values['gateway.idleSeconds']),
    projectBytes: sure('gateway.projectBytes', values['gateway.projectBytes']),
  }
}

function coreSettings(values: Values, publicUrl: string, strict: boolean, roles: RoleTable): CoreSettings {
  const n = (path: { [P in OptionPath]: Values[P] extends number | undefined ? P : never }[OptionPath]): number =>
    sure(path, values[path])
  return {
    publicUrl,
    audience: values.audience ?? publicUrl,
    signUp: sure('signUp', values.signUp),
    confirmEmail: sure('confirmEmail', values.confirmEmail),
    password: { minLength: n('password.minLength'), maxLength: n('password.maxLength') },
    accessTokenSeconds: n('accessTokenSeconds'),
    session: {
      idleSeconds: n('session.idleSeconds'),
      absoluteSeconds: n('session.absoluteSeconds'),
      refreshGraceSeconds: n('session.refreshGraceSeconds'),
      maxPerUser: n('session.maxPerUser'),
    },
    privateTokenMaxSeconds: n('privateTokenMaxSeconds'),
    privateTokenNoticeSeconds: n('privateTokenNoticeSeconds'),
    freshSeconds: n('freshSeconds'),
    totp: {
      issuer: sure('totp.issuer', values['totp.issuer']),
      drift: n('totp.drift'),
      singleUse: sure('totp.singleUse', values['totp.singleUse']),
    },
    requireFactor: [...(values.requireFactor ?? (strict ? ['admin'] : []))],
    roles,
    staticKeys: allStaticKeys(values).map((key) => ({ ...key })),
    limits: {
      enabled: sure('limits.enabled', values['limits.enabled']),
      address: { points: n('limits.address.points'), windowSeconds: n('limits.address.windowSeconds') },
      user: { points: n('limits.user.points'), windowSeconds: n('limits.user.windowSeconds') },
      knownUser: { points: n('limits.knownUser.points'), windowSeconds: n('limits.knownUser.windowSeconds') },
      strangers: { points: n('limits.strangers.points'), windowSeconds: n('limits.strangers.windowSeconds') },
      mail: { points: n('limits.mail.points'), windowSeconds: n('limits.mail.windowSeconds') },
      questions: { points: n('limits.questions.points'), windowSeconds: n('limits.questions.windowSeconds') },
    },
    signing: {
      algorithm: sure('signing.algorithm', values['signing.algorithm']),
      rotateSeconds: n('signing.rotateSeconds'),
      publishAheadSeconds: n('signing.publishAheadSeconds'),
    },
    lifetimes: {
      signInLink: n('lifetimes.signInLink'),
      resetLink: n('lifetimes.resetLink'),
      confirmLink: n('lifetimes.confirmLink'),
      undoLink: n('lifetimes.undoLink'),
      invitation: n('lifetimes.invitation'),
      setUpCode: n('lifetimes.setUpCode'),
      factorTicket: n('lifetimes.factorTicket'),
      pendingFactor: n('lifetimes.pendingFactor'),
      nameReservation: n('lifetimes.nameReservation'),
      events: n('lifetimes.events'),
    },
    pieces: {
      types: values.pieces ?? [],
      maxPerPage: n('apostrophe.maxPerPage'),
      siteUrl: values['apostrophe.siteUrl'] ?? null,
    },
    changes: {
      maxStreams: n('changes.maxStreams'),
      maxStreamsPerUser: n('changes.maxStreamsPerUser'),
      heartbeatSeconds: n('changes.heartbeatSeconds'),
    },
    feedBoundMillis: n('feedBoundMillis'),
    cacheSize: n('cacheSize'),
  }
}

/** Keys that stand in the configuration, wherever. */
function allStaticKeys(values: Values): readonly StaticKey[] {
  return [...(values.staticKeys ?? []), ...(values['apostrophe.apiKeys'] ?? [])]
}

/** What single values cannot tell: how they fit together. */
function crossProblems(draft: Draft, strict: boolean, needsPublicUrl: boolean, roles: RoleTable): readonly Problem[] {
  const { values, from, isSet } = draft
  const problems: Problem[] = []
  const refuse = (setting: string, message: string) => problems.push({ setting, from: from(setting), message })

  if (needsPublicUrl) {
    refuse(
      'publicUrl',
      `must be set when the server listens on all addresses (host ${draft.host}); set CARDEA_PUBLIC_URL to the address that callers use`,
    )
  } else if (!isSet('publicUrl') && !isLoopback(draft.host) && values.allowInsecure !== true) {
    refuse(
      'publicUrl',
      `must be set when the server listens on ${draft.host}; set CARDEA_PUBLIC_URL to the https address that callers use`,
    )
  } else if (strict) {
    problems.push(...strictProblems(draft).filter(({ setting }) => setting === 'publicUrl'))
  }
  if (strict) problems.push(...strictProblems(draft).filter(({ setting }) => setting !== 'publicUrl'))
  if (!hasMail(draft, strict)) {
    refuse(
      'smtp.url',
      'must be set, or mails have nowhere to go; set CARDEA_SMTP_URL, or set outbox to true (CARDEA_OUTBOX=true) to have mails with working links written to files',
    )
  }
  const isRole = (role: string) => Object.hasOwn(roles, role)
  for (const role of values.requireFactor ?? []) if (!isRole(role)) refuse('requireFactor', `there is no role ${role}`)
  for (const key of values.staticKeys ?? [])
    if (!isRole(key.role)) refuse('staticKeys', `the key ${key.name} has a role that does not exist`)
  for (const key of values['apostrophe.apiKeys'] ?? []) {
    const others = values.staticKeys ?? []
    if (!isRole(key.role)) refuse('apostrophe.apiKeys', `the key ${key.name} has a role that does not exist`)
    if (others.some(({ name }) => name === key.name))
      refuse('apostrophe.apiKeys', `the key ${key.name} has the name of one of staticKeys`)
    else if (others.some((other) => other.key === key.key))
      refuse('apostrophe.apiKeys', `the key ${key.name} stands in staticKeys as well`)
  }
  for (const name of doorNames) {
    const [, first = ''] = (values[`${name}.prefix`] ?? '').split('/')
    if (nativePaths.includes(first))
      refuse(`${name}.prefix`, `must not begin with /${first}, which is the native API's`)
  }
  if (values['librephotos.cookie'] === 'cross-site' && !draft.publicUrl.startsWith('https:'))
    refuse(
      'librephotos.cookie',
      'must not be cross-site where the public URL is http: browsers keep such a cookie on https only',
    )
  if (values['librephotos.openFirstSetup'] === true && (strict || !isLoopback(draft.host)))
    refuse(
      'librephotos.openFirstSetup',
      'must not be true in strict mode, or where the server listens on more than loopback: whoever came first would be the administrator',
    )
  const notAbove = (low: OptionPath, high: OptionPath) => {
    const [a, b] = [values[low], values[high]]
    if (typeof a === 'number' && typeof b === 'number' && a > b) refuse(low, `must not be greater than ${high} (${b})`)
  }
  notAbove('password.minLength', 'password.maxLength')
  notAbove('session.idleSeconds', 'session.absoluteSeconds')
  notAbove('signing.publishAheadSeconds', 'signing.rotateSeconds')
  if ((values['passwordHash.memoryKib'] ?? 0) < 8 * (values['passwordHash.lanes'] ?? 0))
    refuse('passwordHash.memoryKib', 'must be at least 8 times passwordHash.lanes')
  return problems
}

/** What is in the data folder is never shown, and a library must not grow by what is written there. */
function libraryProblems({ values, from }: Draft, folder: string): readonly Problem[] {
  const { 'librephotos.library': library, dataDir } = values
  if (!library || dataDir === undefined || !overlap(resolve(folder, library), resolve(folder, dataDir))) return []
  const setting = 'librephotos.library'
  return [{ setting, from: from(setting), message: 'must be neither the data folder nor in it nor around it' }]
}

/** A value that its table row gives a default. */
function sure<T>(path: string, value: T | null | undefined): T {
  if (value === undefined || value === null) throw new TypeError(`The setting ${path} has no default`)
  return value
}

function shown(option: Option<never> | Option<unknown>, value: unknown): unknown {
  if (option.secret !== true || value === null || (Array.isArray(value) && value.length === 0)) return value
  return Array.isArray(value) ? `(${value.length} hidden)` : '(hidden)'
}

function mailHost(publicUrl: string): string {
  const { hostname } = new URL(publicUrl)
  return /^[\d.]+$|^\[/.test(hostname) ? 'localhost' : hostname
}
