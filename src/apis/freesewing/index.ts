import { createCredentialReader } from '../../http/credentials.ts'
import type { Api } from '../api.ts'
import { describeFreesewing } from './description.ts'
import type { Door } from './door.ts'
import { renderError } from './errors.ts'
import { accountRoutes } from './routes/account.ts'
import { adminRoutes } from './routes/admin.ts'
import { keyRoutes } from './routes/keys.ts'
import { leavingRoutes } from './routes/leaving.ts'
import { mfaRoutes } from './routes/mfa.ts'
import { pageRoutes } from './routes/pages.ts'
import { peopleRoutes } from './routes/people.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { signUpRoutes } from './routes/sign-up.ts'

const prefixes = [
  '/account',
  '/admin',
  '/apikeys',
  '/available',
  '/confirm',
  '/confirmations',
  '/consent',
  '/find',
  '/signin',
  '/signinlink',
  '/signup',
  '/users',
  '/whoami',
]

/** The API that FreeSewing's site and scripts speak: v3 and v4.0 of its backend. */
export function createFreesewingApi(door: Door): Api {
  const { corsOrigins } = door.settings
  return {
    name: 'freesewing',
    prefixes,
    cors: { origins: corsOrigins, credentials: false, methods: [] },
    // Basic from a page of another site counts only where that site is named: `*` names none.
    cookieOrigins: corsOrigins === '*' ? [] : corsOrigins,
    readCredentials: createCredentialReader(null),
    renderError,
    description: describeFreesewing(door),
    routes: [
      ...signUpRoutes(door),
      ...signInRoutes(door),
      ...accountRoutes(door),
      ...leavingRoutes,
      ...mfaRoutes,
      ...keyRoutes(door),
      ...peopleRoutes(door),
      ...adminRoutes(door),
      ...pageRoutes(door),
    ],
  }
}
