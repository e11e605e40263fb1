import type { Problem } from './config-error.ts'
import type { Draft } from './strict.ts'

/** First parts of the paths that the native API answers. */
export const nativePaths: readonly string[] = [
  'auth',
  'oauth',
  'api',
  'console',
  'healthz',
  'readyz',
  'metrics',
  '.well-known',
]

/** Services that are guarded, behind a proxy or behind this server. */
export function serviceProblems({ values, from, publicUrl }: Draft, embedded: boolean): readonly Problem[] {
  const { rules = [], upstreams = [], trustedProxies = [], audience = publicUrl } = values
  const problems: Problem[] = []
  const refuse = (setting: string, message: string) => problems.push({ setting, from: from(setting), message })
  if (rules.length > 0 && trustedProxies.length === 0 && !embedded)
    refuse(
      'trustedProxies',
      'must name the proxy that asks by `rules`; set CARDEA_TRUSTED_PROXIES=127.0.0.1 if it is on this machine',
    )
  const own = [audience, publicUrl]
  for (const [index, { audience: one }] of rules.entries())
    if (one !== undefined && own.includes(one)) refuse('rules', `rule ${index + 1}: its audience is this server's own`)
  for (const { prefix, audience: one } of upstreams) {
    const [, first = ''] = prefix.split('/')
    if (own.includes(one)) refuse('upstreams', `${prefix}: its audience or address is this server's own`)
    if (nativePaths.includes(first) && first !== 'api')
      refuse('upstreams', `${prefix}: must not begin with /${first}, which is the native API's`)
  }
  if (embedded && upstreams.length > 0)
    refuse('upstreams', 'need a server of their own: they are not for a server inside another program')
  return problems
}
