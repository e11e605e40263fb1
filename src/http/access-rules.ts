import type { CredentialKind, Scope } from '../types.ts'
import type { PlainPath } from './request-target.ts'

/** One line of the setting `rules`: what is let through to a service that asks before it answers. */
export interface AccessRule {
  /** Absent: any host. */
  readonly host?: string
  /** Exact, or ending in `/**`: that path and all below it. */
  readonly path: string
  /** Absent: any; `GET` stands for `HEAD` too. */
  readonly methods?: readonly string[]
  readonly accepts: readonly CredentialKind[]
  /** Scopes, all of them. */
  readonly requires: readonly Scope[]
  /** Also without a credential. */
  readonly public: boolean
  /** The service gets the caller's credential as it was sent; without it the proxy takes it away. */
  readonly passCredentials?: true
  /** `aud` of the identity token; default the host. */
  readonly audience?: string
}

export interface AccessSettings {
  readonly rules: readonly AccessRule[]
  /** Where browsers sign in; null: at the console. */
  readonly signInUrl: string | null
}

/** What the rules are asked about: an address as the proxy was asked for it. */
export interface AskedAddress {
  readonly method: string
  readonly host: string
  readonly at: PlainPath
}

export type RuleFinding = { readonly found: number } | { readonly refused: 'rule_missing' | 'address_ambiguous' }

const missing: RuleFinding = { refused: 'rule_missing' }
const ambiguous: RuleFinding = { refused: 'address_ambiguous' }

/** Which kinds count where a rule does not say. */
export const usualKinds: readonly CredentialKind[] = [
  'access-token',
  'bearer-token',
  'session-cookie',
  'api-key',
  'static-key',
]

interface Compiled {
  readonly host: string | undefined
  readonly methods: ReadonlySet<string> | null
  readonly exact: Pattern
  readonly folded: Pattern
}

interface Pattern {
  readonly base: string
  readonly below: boolean
}

/** The rules in their order. Answers the index of the first that fits; nothing is let through that none fits. */
export function createRuleTable(rules: readonly AccessRule[]): (asked: AskedAddress) => RuleFinding {
  const table = rules.map(compile)
  const first = (asked: AskedAddress, form: 'exact' | 'folded', text: string): number =>
    table.findIndex((rule) => fits(rule, asked) && matches(rule[form], text))
  return (asked) => {
    const found = first(asked, 'exact', asked.at.path)
    // A server that passes over letter case or a closing slash would answer under another rule than this one.
    if (found !== first(asked, 'folded', asked.at.folded)) return ambiguous
    return found < 0 ? missing : { found }
  }
}

function compile({ host, path, methods }: AccessRule): Compiled {
  const below = path.endsWith('/**')
  const base = below ? path.slice(0, -3) : path
  const folded = base.toLowerCase().replace(/\/$/, '')
  return {
    host,
    methods: methods === undefined ? null : new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : [])]),
    exact: { base, below },
    folded: { base: folded, below },
  }
}

const fits = ({ host, methods }: Compiled, asked: AskedAddress): boolean =>
  (host === undefined || host === asked.host) && (methods === null || methods.has(asked.method))

const matches = ({ base, below }: Pattern, text: string): boolean =>
  text === base || (below && text.startsWith(base) && text.charAt(base.length) === '/')
