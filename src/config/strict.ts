import { BlockList, isIP } from 'node:net'
import type { Problem } from './config-error.ts'
import type { Values } from './options.ts'

/** The values after all defaults, and which of them somebody set. */
export interface Draft {
  readonly values: Values
  readonly isSet: (path: string) => boolean
  readonly from: (path: string) => string
  /** NODE_ENV=production. */
  readonly production: boolean
  readonly host: string
  readonly publicUrl: string
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** True for names and addresses (in brackets or not) that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(bare)
  return version === 0 ? bare.toLowerCase() === 'localhost' : loopback.check(bare, version === 6 ? 'ipv6' : 'ipv4')
}

/** What makes strict mode the default here, or null. */
export function reasonForStrict({ production, host, publicUrl }: Draft): string | null {
  if (production) return 'NODE_ENV=production'
  if (!isLoopback(host)) return 'the listening address is not loopback'
  if (!isLoopback(new URL(publicUrl).hostname)) return 'the public URL is not loopback'
  return null
}

export function isStrict(draft: Draft): boolean {
  const { strict } = draft.values
  return strict === 'on' || (strict !== 'off' && reasonForStrict(draft) !== null)
}

/** Where mails would go; false: nowhere. */
export function hasMail({ values }: Draft, strict: boolean): boolean {
  return values['smtp.url'] !== null || (values.outbox ?? !strict)
}

/** What strict mode refuses by name; `why` is what turned it on. */
export function strictProblems(draft: Draft): readonly Problem[] {
  const { values, from, publicUrl } = draft
  const problems: Problem[] = []
  const refuse = (setting: string, message: string) => problems.push({ setting, from: from(setting), message })
  const why = `in strict mode (${reasonForStrict(draft) ?? 'strict is on'})`

  if (publicUrl.startsWith('http:') && values.allowInsecure !== true) {
    refuse(
      'publicUrl',
      `must be https ${why}; set CARDEA_PUBLIC_URL to the https address that callers use, or allowInsecure to true`,
    )
  }
  for (const { name, key } of values.staticKeys ?? []) {
    if (key.length < 32) refuse('staticKeys', `the key ${name} must have 32 characters or more ${why}`)
  }
  for (const { name, key } of values['apostrophe.apiKeys'] ?? []) {
    if (key.length < 32) refuse('apostrophe.apiKeys', `the key ${name} must have 32 characters or more ${why}`)
  }
  if (isBehindUnknownProxy(draft)) {
    refuse(
      'trustedProxies',
      `must name the proxy in front ${why}: the server listens on loopback and callers come from elsewhere, so without it everybody seems to call from this machine; set CARDEA_TRUSTED_PROXIES=127.0.0.1 if the proxy is on it`,
    )
  }
  if (values.databaseUrl !== null && values.secret === null) {
    refuse(
      'secret',
      `must be set with PostgreSQL ${why}, the same on every node; make one with \`openssl rand -base64 32\` and set CARDEA_SECRET`,
    )
  }
  return problems
}

/** Callers cannot reach the listening address themselves, and nothing says who passes them on. */
function isBehindUnknownProxy({ values, publicUrl }: Draft): boolean {
  const listensOnLoopback = isLoopback(values.host ?? '127.0.0.1')
  return listensOnLoopback && !isLoopback(new URL(publicUrl).hostname) && (values.trustedProxies ?? []).length === 0
}

/** Everything set by name that is looser than strict mode by default, whether or not strict mode is on. */
export function findRelaxations(draft: Draft): readonly string[] {
  const { values, isSet, publicUrl } = draft
  const strict = isStrict(draft)
  const reason = reasonForStrict(draft)
  if (!strict && reason === null) return []
  const found: string[] = []
  const when = (condition: boolean, sentence: string) => {
    if (condition) found.push(sentence)
  }
  when(!strict, `strict is off although ${reason}: none of its rules is checked.`)
  when(
    publicUrl.startsWith('http:'),
    'allowInsecure: the public URL is http, so passwords and tokens cross the network in clear.',
  )
  when(values.allowInsecure === true && publicUrl.startsWith('https:'), 'allowInsecure: mail may be sent without TLS.')
  when(values['smtp.url'] === null && values.outbox === true, 'outbox: mails with working links are written to files.')
  when(
    isSet('requireFactor') && !(values.requireFactor ?? []).includes('admin'),
    'requireFactor: administrators need no second factor.',
  )
  when(values.documents === 'always', 'documents: the OpenAPI document and its viewers are public.')
  when(values['limits.enabled'] === false, 'limits.enabled: guessing of passwords and codes is not limited.')
  when(values['totp.singleUse'] === false, 'totp.singleUse: a code can be used again while it is valid.')
  when((values['totp.drift'] ?? 1) > 1, 'totp.drift: codes are valid for longer than one step early or late.')
  when(
    (values.privateTokenMaxSeconds ?? 0) > 31_536_000,
    'privateTokenMaxSeconds: private tokens can live longer than a year.',
  )
  when(
    (values.freshSeconds ?? 0) > 600,
    'freshSeconds: a stolen session can change credentials for longer than ten minutes.',
  )
  when(values.confirmEmail === false, 'confirmEmail: accounts are active before their e-mail address is proven.')
  when(
    (values['passwordHash.memoryKib'] ?? 0) * (values['passwordHash.passes'] ?? 0) < 19_456 * 2,
    'passwordHash: hashes are cheaper than the default.',
  )
  when(
    (values.trustedProxies ?? []).some((entry) => /\/0$/.test(entry)),
    'trustedProxies: every peer is believed about who calls.',
  )
  when(
    (values.corsOrigins ?? []).some((entry) => entry.startsWith('http:') && !isLoopback(new URL(entry).hostname)),
    'corsOrigins: pages that came over http may call the API.',
  )
  for (const { path } of (values.rules ?? []).filter((rule) => rule.passCredentials))
    found.push(`rules: the service at ${path} gets the credentials of its callers.`)
  when(values['freesewing.revealUnknown'] === true, 'freesewing.revealUnknown: answers tell who has an account.')
  when(
    values['freesewing.keysChangeCredentials'] === true,
    'freesewing.keysChangeCredentials: who has a key of somebody can take over the account.',
  )
  when(
    (values['freesewing.keyMaxSeconds'] ?? 0) > 31_536_000,
    'freesewing.keyMaxSeconds: API keys can be made for longer than a year.',
  )
  when(values['librephotos.cookie'] === 'original', 'librephotos.cookie: scripts of the page can read the jwt cookie.')
  return found
}
