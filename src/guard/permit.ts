import { combine, takes } from './rules.ts'
import {
  type Finding,
  type GuardedRequest,
  type GuardKind,
  type GuardPrincipal,
  type GuardRefused,
  type GuardVerdict,
  guardKinds,
  type Rule,
} from './types.ts'

export const only = (rules: readonly Rule[]): Rule => (rules.length === 1 ? (rules[0] ?? {}) : combine(rules))

const all: readonly GuardKind[] = guardKinds

export function refused(
  { accepts = all }: Rule,
  refusal: Omit<GuardRefused, 'ok' | 'accepts'>,
  able: readonly GuardKind[] = all,
): GuardRefused {
  return { ...refusal, ok: false, accepts: accepts.filter((kind) => able.includes(kind)) }
}

/** What has to be looked at at each use of a credential that is good: where it comes from, and what it may do. */
export function permit(finding: Finding, rule: Rule, { address }: GuardedRequest): GuardVerdict {
  if (!finding.ok) return refused(rule, finding)
  const { principal, addresses } = finding.value
  if (addresses !== null && (typeof address !== 'string' || !addresses.has(address)))
    return refused(rule, { code: 'credential_address_refused', kind: principal.kind })
  return permitScopes(principal, rule)
}

export function permitScopes<P extends GuardPrincipal>(principal: P, rule: Rule): GuardVerdict<P> {
  const missing = rule.requires?.find((scope) => !principal.scopes.has(scope))
  if (missing !== undefined) return refused(rule, { code: 'scope_missing', kind: principal.kind, scope: missing })
  return { ok: true, value: principal }
}

export { takes }
