import type { ZodType } from 'zod'
import type { TokenShape } from '../../core/sessions.ts'
import type { Cookie } from '../../http/reply.ts'
import type { CredentialKind, User } from '../../types.ts'
import type { Answer, Call } from '../api.ts'
import { readProfile } from './profile.ts'
import type { LibrephotosSettings } from './settings.ts'

export interface Door {
  readonly settings: LibrephotosSettings
  /** Public URL and prefix, without a trailing slash. */
  readonly base: string
}

export const answer = (description: string, schema: ZodType): Answer => ({ description, schema })

/** What ordinary addresses take: an access token (and private tokens with it), and a password by Basic where it is on. */
export function ordinary({ settings }: Door): readonly CredentialKind[] {
  return settings.basic ? ['access-token', 'password'] : ['access-token']
}

/** What clients decode, as it is in the store now. `user_id` is a number: pages compare it strictly with owners' ids. */
export async function tokenShape({ core }: Pick<Call, 'core'>, { settings }: Door, user: User): Promise<TokenShape> {
  const profile = await readProfile(core, user)
  return {
    lifetimeSeconds: settings.accessSeconds,
    claims: {
      token_type: 'access',
      user_id: user.id,
      name: user.username,
      is_admin: core.roles.faceOf(user.role).librephotos.isSuperuser,
      first_name: profile.first_name,
      last_name: profile.last_name,
      scan_directory: '',
      confidence: profile.confidence,
      semantic_search_topk: profile.semantic_search_topk,
    },
  }
}

/** Path that pictures stand below, with the door's prefix. */
export function mediaPath({ base }: Door): string {
  return `${new URL(base).pathname.replace(/\/$/, '')}/media`
}

export const mediaCookieName = 'jwt'

/** The access token for pictures, which a browser sends along by itself. Without a value it is cleared. */
export function mediaCookie({ settings, base }: Door, value: string): Cookie {
  const https = base.startsWith('https:')
  const bare = { name: mediaCookieName, value, path: '/', ...(value === '' ? { maxAge: 0 } : {}) } as const
  const looks = {
    strict: { ...bare, httpOnly: true, secure: https, sameSite: 'Lax' },
    original: { ...bare, httpOnly: false, secure: false },
    'cross-site': { ...bare, httpOnly: true, secure: true, sameSite: 'None' },
  } as const satisfies Record<LibrephotosSettings['cookie'], Cookie>
  return looks[settings.cookie]
}
