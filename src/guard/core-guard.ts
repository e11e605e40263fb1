import type { Guard as CoreGuard } from '../core/guard.ts'
import { createCredentialReader } from '../http/credentials.ts'
import type { Principal, Verdict } from '../types.ts'
import { only, permitScopes, refused } from './permit.ts'
import { readRequest } from './read.ts'
import {
  type Guard,
  type GuardedRequest,
  type GuardRefusalCode,
  type GuardVerdict,
  guardKinds,
  type Rule,
  type Soon,
} from './types.ts'

/** The guard of a core in the same program: no token is fetched or asked about, and what is revoked is refused at once. */
export function createCoreGuard(core: { readonly guard: Pick<CoreGuard, 'authenticate'> }): Guard {
  const readHeaders = createCredentialReader(null)

  const decide = ({ headers, address }: GuardedRequest, rule: Rule): Soon<GuardVerdict<Principal>> | null => {
    const presented = readHeaders(headers, null)
    if (presented.length === 0) return null
    // What no guard takes is refused here as a guard elsewhere refuses it, and costs no hash of a password.
    const sent = readRequest({ headers })
    if (sent !== null && 'refused' in sent) return refused(rule, { code: sent.refused, kind: sent.kind })
    const origin = {
      api: 'native',
      address: address ?? '',
      userAgent: headers.get('user-agent')?.slice(0, 256) ?? '',
    } as const
    const judge = (verdict: Verdict<Principal>): GuardVerdict<Principal> => {
      if (verdict.ok) return permitScopes(verdict.value, rule)
      const { code, kind, retryAfter } = verdict
      return refused(rule, {
        code: isOurs(code) ? code : 'credential_invalid',
        ...(kind !== undefined && { kind }),
        ...(retryAfter !== undefined && { retryAfter }),
      })
    }
    const verdict = core.guard.authenticate(presented, rule.accepts ?? guardKinds, origin, rule.strictKinds)
    return verdict instanceof Promise
      ? verdict.then(judge, () => refused(rule, { code: 'unavailable' }))
      : judge(verdict)
  }

  return {
    check(request, ...rules) {
      const rule = only(rules)
      return decide(request, rule) ?? refused(rule, { code: 'credentials_missing' })
    },
    checkOptional: (request, ...rules) => decide(request, only(rules)) ?? { ok: true, value: null },
  }
}

/** Those about passwords are not: no guard looks at one. */
const isOurs = (code: string): code is GuardRefusalCode => code !== 'credentials_wrong' && code !== 'factor_required'
