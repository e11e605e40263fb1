import type { Core } from '../../core/cardea.ts'
import type { User } from '../../types.ts'

/** Longest title that is kept. */
export const longestTitle = 200

/** How the user is called on pages of this contract; the user name, until somebody gave another. */
export async function readTitle(core: Core, user: User): Promise<string> {
  const profile = await core.users.profile(user, 'apostrophe')
  const title = typeof profile === 'object' && profile !== null && 'title' in profile ? profile.title : undefined
  return typeof title === 'string' && title !== '' ? title : user.username
}

/** A title, as part of what is made or changed of a user. */
export const titleChange = (title: string) => ({ api: 'apostrophe', change: () => ({ title }) }) as const
