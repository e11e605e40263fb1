// The tables of routes in the READMEs of the APIs, made from the routes themselves.
import type { Api, Route } from '../src/apis/api.ts'
import { createApostropheApi } from '../src/apis/apostrophe/index.ts'
import { pieceRoutes } from '../src/apis/apostrophe/routes/pieces.ts'
import type { WebMetrics } from '../src/apis/context.ts'
import { levelOfRoute } from '../src/apis/freesewing/callers.ts'
import { createFreesewingApi } from '../src/apis/freesewing/index.ts'
import { createHautaiApi } from '../src/apis/hautai/index.ts'
import { createLibrephotosApi } from '../src/apis/librephotos/index.ts'
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
  console: { idleSeconds: 0 },
}

const console = { load: async () => null, newNonce: () => '', version: '' }

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

const fresh = { all: 'yes', people: 'people', visitors: 'visitors' } as const

export function renderRoutes(): string {
  const { routes } = createNativeApi({ http, health: { ready: async () => {} }, metrics, console })
  const rows = routes.map((route) => {
    const scope = route.needs === undefined ? '' : `\`${route.needs}\``
    const proof = route.fresh === undefined ? '' : fresh[route.fresh]
    return `| \`${route.method} ${route.path}\` | ${takes(route)} | ${scope} | ${proof} | ${route.summary} |`
  })
  return `| call | takes | scope | fresh | does |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

export function renderFreesewingRoutes(): string {
  const door = { enabled: true, prefix: '', siteUrl: null, corsOrigins: '*' } as const
  const settings = { ...door, tokenSeconds: 0, keyMaxSeconds: 0, revealUnknown: false, keysChangeCredentials: false }
  const { routes } = createFreesewingApi({ settings, base: http.publicUrl })
  // One line for both ways in; what stands for another method is said in the text.
  const shown = routes.filter(({ method, hidden }) => method !== 'PUT' && hidden !== true)
  const named = shown.map((route) => ({ ...route, path: nameOf(route.path) }))
  const rows = [...Map.groupBy(named, ({ method, path, summary }) => `${method} ${path} ${summary}`).values()].map(
    (both) => {
      const [first] = both
      if (first === undefined) throw new TypeError('a group without a route')
      const { method, path, summary } = first
      const ways = both.map((route) => (route.takes.includes('api-key') ? 'key' : 'jwt'))
      const level = levelOfRoute(first)
      const needs = first.takes.length === 0 ? 'nothing' : [...new Set(ways)].join(', ')
      return `| \`${method} ${path}\` | ${needs} | ${level ?? ''} | ${summary} |`
    },
  )
  return `| call | takes | level | does |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

/** For doors whose addresses ask for nothing that stands in their data beyond the kinds of credentials. */
function renderDoorRoutes({ routes }: Api): string {
  const shown = routes.filter(({ method, hidden }) => method !== 'PUT' && hidden !== true)
  const rows = shown.map((route) => `| \`${route.method} ${route.path}\` | ${takes(route)} | ${route.summary} |`)
  return `| call | takes | does |\n|---|---|---|\n${rows.join('\n')}\n`
}

const ordinaryDoor = { enabled: true, prefix: '', siteUrl: null, corsOrigins: [] } as const

export function renderLibrephotosRoutes(): string {
  const settings = {
    ...ordinaryDoor,
    accessSeconds: 3600,
    refreshSeconds: 604_800,
    cookie: 'strict',
    basic: true,
    openFirstSetup: false,
    accelRedirect: false,
  } as const
  return renderDoorRoutes(createLibrephotosApi({ settings, base: http.publicUrl }))
}

export function renderHautaiRoutes(): string {
  return renderDoorRoutes(createHautaiApi({ settings: ordinaryDoor, base: http.publicUrl }))
}

export function renderApostropheRoutes(): string {
  const door = { enabled: true, prefix: '', siteUrl: null, corsOrigins: '*' } as const
  const settings = { ...door, shortName: 'cardea', tokenSeconds: 0 }
  const { routes } = createApostropheApi({ settings, base: http.publicUrl, pieces: [] })
  // The short form and what stands for another method are said in the text.
  const shown = routes.filter(({ method, path }) => method !== 'PUT' && !path.startsWith('/api/v1/login/'))
  const rows = shown.map(({ method, path, summary }) => `| \`${method} ${path}\` | ${summary} |`)
  return `| call | does |\n|---|---|\n${rows.join('\n')}\n`
}

const nameOf = (path: string): string => path.replace(/\/(jwt|key)$/, '/{a}')

/** The addresses that each piece type has. */
export function renderPieceRoutes(): string {
  const type = {
    name: 'TYPE',
    fields: [],
    publicApiProjection: null,
    url: null,
    guestApiAccess: false,
    viewRole: 'anonymous',
    editRole: 'contributor',
    publishRole: 'editor',
    indexes: [],
  } as const
  const rows = pieceRoutes([type]).map(({ method, path, summary }) => `| \`${method} ${path}\` | ${summary} |`)
  return `| call | does |\n|---|---|\n${rows.join('\n')}\n`
}
