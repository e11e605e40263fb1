import { CardeaError } from '../../../errors.ts'
import { type AccessRule, type AccessSettings, createRuleTable } from '../../../http/access-rules.ts'
import { createCredentialReader } from '../../../http/credentials.ts'
import {
  type identityHeaders,
  identityOf,
  nobodysHeaders,
  passCredentialsHeader,
} from '../../../http/identity-headers.ts'
import type { OriginalRequest } from '../../../http/original-request.ts'
import type { Reply } from '../../../http/reply.ts'
import type { HttpSettings } from '../../../http/settings.ts'
import type { Principal } from '../../../types.ts'
import { type Answer, type Call, type Route, route } from '../../api.ts'
import { createVerifyErrors } from '../verify-errors.ts'
import { ProblemBody } from '../wire.ts'
import { anyKindOrPassword } from './common.ts'

const headerTexts: Readonly<Record<(typeof identityHeaders)[number] | typeof passCredentialsHeader, string>> = {
  'X-Cardea-User': 'Public id of the user; empty for nobody and for static keys.',
  'X-Cardea-Username': 'User name, percent-encoded.',
  'X-Cardea-Role': 'Role of the owner, which may have more scopes than the credential.',
  'X-Cardea-Scopes': 'Scopes of the credential, with blanks between them.',
  'X-Cardea-Kind': 'Kind of the credential.',
  'X-Cardea-Jwt': 'The same as a JWT of type `cardea-id+jwt` for this service alone, good for a minute.',
  [passCredentialsHeader]:
    'For the proxy: `1` where the rule says `passCredentials`; empty: the credential is dropped.',
}

const reason = { 'X-Cardea-Reason': 'The `code` of the body, for proxies that lose it.' }
const problem = (description: string, more: Readonly<Record<string, string>> = {}): Answer => ({
  description,
  type: 'application/problem+json',
  schema: ProblemBody,
  headers: { ...reason, ...more },
})

const answers: Readonly<Record<number, Answer>> = {
  200: { description: 'Let it through.', headers: headerTexts },
  302: { description: 'Only behind Caddy and Traefik: a browser is sent to sign in.' },
  400: problem('Not where X-Original-URI is sent: there it is 403.'),
  401: problem('No credential that counts here.'),
  403: problem('Not to be let through.'),
  421: problem('Not where X-Original-URI is sent: there it is 403.'),
  429: problem('Not where X-Original-URI is sent: there it is 403.', {
    'Retry-After': 'Seconds.',
    'RateLimit-Limit': 'How many tries the limit allows in its window.',
    'RateLimit-Remaining': 'How many of them are left.',
    'RateLimit-Reset': 'Seconds until the window begins anew.',
  }),
  503: problem('Not where X-Original-URI is sent: there it is 403.', { 'Retry-After': 'Seconds.' }),
}

/** For proxies that ask before they pass a request on. Answers for the request that they were asked for, by the rules. */
export function verifyRoutes(http: HttpSettings, access: AccessSettings): readonly Route[] {
  const find = createRuleTable(access.rules)
  const publicHost = new URL(http.publicUrl).hostname
  const withoutCookies = createCredentialReader(null)
  const base = {
    tag: 'Forward-auth',
    summary: 'Whether a request may pass, for a proxy in front of another service; any method',
    takes: anyKindOrPassword,
    anyMethod: true,
    navigable: true,
    answers,
    errors: ['original_refused', 'address_ambiguous', 'rule_missing', 'factor_enrolment_required', 'scope_missing'],
    renderError: createVerifyErrors(http.publicUrl, access),
  } as const

  const judged = access.rules.map((rule) => {
    const own: Route = {
      ...route('GET', '/auth/verify', { ...base, run: letThrough(rule) }),
      takes: rule.accepts,
      strictKinds: rule.accepts.includes('private-token') || !rule.accepts.includes('access-token'),
      requires: rule.requires,
      ...(rule.public ? { anonymous: true, staleCookies: 'passed-over' as const } : {}),
    }
    return { own, elsewhere: { ...own, readCredentials: withoutCookies } }
  })

  const aim = (original: OriginalRequest): Route => {
    const finding = find(original)
    if ('refused' in finding) throw new CardeaError(finding.refused)
    const routes = judged[finding.found]
    if (routes === undefined) throw new TypeError('a rule without its route')
    // A session cookie belongs to our own host; what another host was sent under its name is not ours.
    return original.host === publicHost ? routes.own : routes.elsewhere
  }

  const run = (): Reply => {
    throw new TypeError('a route of a rule answers')
  }
  return [
    route('GET', '/auth/verify', { ...base, aim, run }),
    route('GET', '/auth/verify/*', { ...base, hidden: true, aim, run }),
  ]
}

type Run = (call: Call) => Reply | Promise<Reply>

function letThrough({ audience, passCredentials }: AccessRule): Run {
  const passes = passCredentials === true
  const forProxies = {
    [passCredentialsHeader]: passes ? '1' : '',
    // nginx keeps a connection only where it is told that there is no body to wait for.
    'Content-Length': '0',
  }
  const forEnvoy = { ...forProxies, [envoysHeader]: takenAway(passes) }
  return ({ core, principal, original }) => {
    const more = original?.telling === 'itself' ? forEnvoy : forProxies
    if (principal === null) return { status: 200, headers: { ...nobodysHeaders, ...more } }
    const token = core.identityTokens.issue(principal, audience ?? original?.host ?? '')
    return typeof token === 'string'
      ? passed(principal, token, more)
      : token.then((late) => passed(principal, late, more))
  }
}

const passed = (principal: Principal, token: string, more: Readonly<Record<string, string>>): Reply => ({
  status: 200,
  headers: { ...identityOf(principal, token), ...more },
})

/** Envoy takes away the headers that this one names. */
const envoysHeader = 'X-Envoy-Auth-Headers-To-Remove'

const takenAway = (passes: boolean): string =>
  [...(passes ? [] : ['authorization', 'cookie', 'x-api-key']), passCredentialsHeader.toLowerCase()].join(',')
