import type { AccessSettings } from '../../http/access-rules.ts'
import { createCredentialReader } from '../../http/credentials.ts'
import type { HttpSettings } from '../../http/settings.ts'
import type { Api } from '../api.ts'
import type { WebMetrics } from '../context.ts'
import { describeNative } from './description.ts'
import { renderError } from './errors.ts'
import { emptyOffice, type Office } from './office.ts'
import { accountRoutes } from './routes/account.ts'
import { adminCredentialRoutes } from './routes/admin-credentials.ts'
import { adminEventRoutes } from './routes/admin-events.ts'
import { adminServerRoutes } from './routes/admin-server.ts'
import { adminUserRoutes } from './routes/admin-users.ts'
import { changeRoutes } from './routes/changes.ts'
import { sessionCookieName } from './routes/common.ts'
import { type ConsoleDeps, consoleRoutes } from './routes/console.ts'
import { documentRoutes } from './routes/documents.ts'
import { keyRoutes } from './routes/keys.ts'
import { mfaRoutes } from './routes/mfa.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { type Health, operationRoutes } from './routes/operation.ts'
import { pageRoutes } from './routes/pages.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { verifyRoutes } from './routes/verify.ts'

export interface NativeDeps {
  readonly http: HttpSettings
  /** What `/auth/verify` lets through; default nothing. */
  readonly access?: AccessSettings
  readonly health: Health
  readonly metrics: WebMetrics
  /** Default: one that knows nothing. */
  readonly office?: Office
  /** All APIs that are served, for the help and the OpenAPI document. Default: this one alone. */
  readonly apis?: () => readonly Api[]
  /** What the console is served from, where the settings have it on. */
  readonly console?: ConsoleDeps
}

/** The API for everyone who starts afresh: JSON in snake_case, RFC 9457 problems, RFC 6750 challenges. */
export function createNativeApi(deps: NativeDeps): Api {
  const { http, access, health, metrics, office = emptyOffice, apis, console } = deps
  const cookieName = sessionCookieName(http.publicUrl)
  const api: Api = {
    name: 'native',
    prefixes: ['/auth', '/oauth', '/.well-known', '/api/help', '/api/schema', '/api/swagger', '/api/redoc', '/console'],
    cors: { origins: http.corsOrigins, credentials: true, methods: [] },
    cookieOrigins: http.corsOrigins,
    readCredentials: createCredentialReader(cookieName),
    renderError,
    description: describeNative(http.publicUrl),
    routes: [
      ...signInRoutes,
      ...accountRoutes,
      ...mfaRoutes,
      ...sessionRoutes,
      ...keyRoutes,
      ...tokenRoutes,
      ...adminUserRoutes,
      ...adminCredentialRoutes,
      ...adminEventRoutes,
      ...adminServerRoutes(office),
      ...oauthRoutes,
      ...verifyRoutes(http, access ?? { rules: [], signInUrl: null }),
      ...operationRoutes(health, metrics),
      ...changeRoutes,
      ...documentRoutes({ http, apis: apis ?? (() => [api]) }),
      ...pageRoutes(http.console === null ? null : (console?.load ?? null)),
      ...(console === undefined || http.console === null ? [] : consoleRoutes(console)),
    ],
  }
  return api
}
