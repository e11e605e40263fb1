import type { PieceType } from '../../core/piece-types.ts'
import { createCredentialReader } from '../../http/credentials.ts'
import { withQueryKeys } from '../../http/query-keys.ts'
import type { Api } from '../api.ts'
import { createCookies, csrfValue } from './cookies.ts'
import { describeApostrophe } from './description.ts'
import { type Door, everywhere } from './door.ts'
import { renderError } from './errors.ts'
import { loginRoutes } from './routes/login.ts'
import { pieceRoutes } from './routes/pieces.ts'
import { requirementRoutes } from './routes/requirements.ts'
import { resetRoutes } from './routes/reset.ts'
import { sessionRoutes } from './routes/session.ts'
import { userRoutes } from './routes/users.ts'

/** In this order; other spellings are nothing. */
const keyNames = ['apikey', 'apiKey'] as const
/** Taken by its server, refused here: an address is kept in too many places. */
const tokenNames = ['access_token'] as const

export interface ApostropheDeps extends Omit<Door, 'cookies'> {
  readonly pieces: readonly PieceType[]
}

/** The API that clients of ApostropheCMS 3 and 4 speak. `base`: public URL and prefix, without a trailing slash. */
export function createApostropheApi({ settings, base, pieces }: ApostropheDeps): Api {
  const cookies = createCookies(settings.shortName, base.startsWith('https:'))
  const door: Door = { settings, base, cookies }
  const { corsOrigins } = settings
  return {
    name: 'apostrophe',
    prefixes: ['/api/v1'],
    // Cookies from a page of another site count only where that site is named: `*` names none.
    cors: { origins: corsOrigins, credentials: corsOrigins !== '*', methods: [] },
    cookieOrigins: corsOrigins === '*' ? [] : corsOrigins,
    readCredentials: withQueryKeys(createCredentialReader(cookies.names.sid, 'exact'), {
      keys: keyNames,
      tokens: tokenNames,
    }),
    queryKeys: [...keyNames, ...tokenNames],
    cookiesWithoutProof: true,
    csrfCookie: { name: cookies.names.csrf, value: csrfValue },
    staleCookies: 'passed-over',
    everywhere,
    cookiesWith: cookies.along,
    renderError,
    description: describeApostrophe(door),
    // Routes of piece types come last, as literals of each declared type.
    routes: [
      ...loginRoutes(door),
      ...sessionRoutes(door),
      ...requirementRoutes,
      ...resetRoutes,
      ...userRoutes(),
      ...pieceRoutes(pieces),
    ],
  }
}
