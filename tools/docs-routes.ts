// The table of routes in src/apis/native/README.md, made from the routes themselves.
import type { Route } from '../src/apis/api.ts'
import type { WebMetrics } from '../src/apis/context.ts'
import { createNativeApi } from '../src/apis/native/index.ts'
import { anyKind, anyKindOrPassword, inSession } from '../src/apis/native/routes/common.ts'

const metrics: WebMetrics = {
  route: () => ({ begin: () => 0, end() {} }),
  verdict() {},
  render: async () => ({ type: 'text/plain', text: '' }),
}
const http = {
  publicUrl: 'http://127.0.0.1:4000',
  trustedProxies: [],
  allowedHosts: [],
  corsOrigins: [],
  bodyLimitBytes: 0,
  documents: true,
}

/** Words for the usual sets of kinds; the page explains them. */
const sets = [
  ['nothing', []],
  ['session', inSession],
  ['any', anyKind],
  ['any, password', anyKindOrPassword],
  ['session, api-key', [...inSession, 'api-key']],
] as const

function takes({ takes, anonymous, strictKinds }: Route): string {
  const [name] = sets.find(([, kinds]) => kinds.join() === takes.join()) ?? [takes.join(', ')]
  // `any` says so itself; elsewhere it has to be said that private tokens come with access tokens.
  const andPrivate = strictKinds !== true && takes.includes('access-token') && !name.startsWith('any')
  return [name, andPrivate ? ', private-token' : '', anonymous === true ? '; or nothing' : ''].join('')
}

const fresh = { all: 'yes', people: 'people' } as const

export function renderRoutes(): string {
  const { routes } = createNativeApi({ http, health: { ready: async () => {} }, metrics })
  const rows = routes.map((route) => {
    const scope = route.needs === undefined ? '' : `\`${route.needs}\``
    const proof = route.fresh === undefined ? '' : fresh[route.fresh]
    return `| \`${route.method} ${route.path}\` | ${takes(route)} | ${scope} | ${proof} | ${route.summary} |`
  })
  return `| call | takes | scope | fresh | does |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}
