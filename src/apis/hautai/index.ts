import type { Api } from '../api.ts'
import { createDjangoReader } from '../django/credentials.ts'
import { withSlashRedirects } from '../django/slash.ts'
import { describeHautai } from './description.ts'
import type { Door } from './door.ts'
import { renderError } from './errors.ts'
import { privateTokenRoutes } from './routes/private-tokens.ts'
import { signInRoutes } from './routes/sign-in.ts'

/** The API that callers of Haut.AI's service speak, as far as it is about authentication. */
export function createHautaiApi(door: Door): Api {
  const { corsOrigins } = door.settings
  return {
    name: 'hautai',
    prefixes: ['/api/v1'],
    cors: { origins: corsOrigins, credentials: false, methods: [] },
    cookieOrigins: corsOrigins === '*' ? [] : corsOrigins,
    credentialsBeforeMethod: true,
    readCredentials: createDjangoReader(),
    renderError,
    description: describeHautai(door),
    routes: withSlashRedirects([...signInRoutes, ...privateTokenRoutes(door)]),
  }
}
