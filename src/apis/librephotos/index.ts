import type { Api } from '../api.ts'
import { createDjangoReader } from '../django/credentials.ts'
import { withSlashRedirects } from '../django/slash.ts'
import { describeLibrephotos } from './description.ts'
import type { Door } from './door.ts'
import { renderError } from './errors.ts'
import { manageRoutes } from './routes/manage.ts'
import { mediaRoutes } from './routes/media.ts'
import { passwordResetRoutes } from './routes/password-reset.ts'
import { photoRoutes } from './routes/photos.ts'
import { signUpRoutes } from './routes/sign-up.ts'
import { siteRoutes } from './routes/site.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { userRoutes } from './routes/users.ts'

/** What its pages may send and do from elsewhere, as the contract's own server says it. */
const crossOrigin = {
  methods: ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
  headers:
    'cache-control, accept, accept-encoding, allow-credentials, withcredentials, authorization, content-type, dnt, origin, user-agent, x-csrftoken, x-requested-with',
  maxAge: 86_400,
  preflightStatus: 200,
} as const

/** The API that LibrePhotos' pages, apps and scripts speak. */
export function createLibrephotosApi(door: Door): Api {
  const { corsOrigins } = door.settings
  return {
    name: 'librephotos',
    prefixes: ['/api', '/media'],
    cors: { origins: corsOrigins, credentials: true, ...crossOrigin },
    // A front end elsewhere may set and send the cookie where it is named: `*` names none.
    cookieOrigins: corsOrigins === '*' ? [] : corsOrigins,
    cookiesWithoutProof: true,
    credentialsBeforeMethod: true,
    readCredentials: createDjangoReader(),
    renderError,
    description: describeLibrephotos(door),
    routes: withSlashRedirects([
      ...tokenRoutes(door),
      ...passwordResetRoutes(door),
      ...signUpRoutes(door),
      ...userRoutes(door),
      ...manageRoutes(door),
      ...siteRoutes(door),
      ...photoRoutes(door),
      ...mediaRoutes(door),
    ]),
  }
}
