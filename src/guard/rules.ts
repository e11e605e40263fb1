import type { Scope } from '../types.ts'
import { type GuardKind, guardKinds, type Rule } from './types.ts'

// RFC 6749, section 3.3: what a scope can be called.
const scopeName = /^[\x21\x23-\x5B\x5D-\x7E]{1,100}$/

/** The caller has to have all of these scopes. TypeError for none, or a name that no scope can have. */
export function requires(...scopes: readonly Scope[]): Rule {
  const wrong = scopes.find((scope) => !scopeName.test(scope))
  if (scopes.length === 0 || wrong !== undefined)
    throw new TypeError(`requires: ${wrong === undefined ? 'names no scope' : `"${wrong}" is no name of a scope`}`)
  return { requires: scopes }
}

/** Only these kinds of credentials are taken. TypeError for a kind that no guard can take. */
export function accepts(...kinds: readonly GuardKind[]): Rule {
  const wrong = kinds.find((kind) => !guardKinds.includes(kind))
  if (kinds.length === 0 || wrong !== undefined)
    throw new TypeError(`accepts: must name kinds of ${guardKinds.join(', ')}; ${wrong ?? 'nothing'} is none`)
  return { accepts: kinds }
}

/** All rules as one: every scope that one asks for, only kinds that all of them take. */
export function combine(rules: readonly Rule[]): Rule {
  const [first = {}, ...others] = rules
  return others.reduce<Rule>(
    (all, { accepts: kinds = guardKinds, requires: scopes = [], strictKinds = false }) => ({
      accepts: (all.accepts ?? guardKinds).filter((kind) => kinds.includes(kind)),
      requires: [...new Set([...(all.requires ?? []), ...scopes])],
      strictKinds: strictKinds || all.strictKinds === true,
    }),
    first,
  )
}

export function takes({ accepts: kinds = guardKinds, strictKinds = false }: Rule, kind: string): boolean {
  const named: readonly string[] = kinds
  return named.includes(kind) || (!strictKinds && kind === 'private-token' && named.includes('access-token'))
}
