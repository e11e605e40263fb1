import type { Store } from '../core/ports.ts'
import { canonicalEmail, canonicalUsername, identifierForm } from '../crypto/identifiers.ts'
import { CardeaError } from '../errors.ts'
import type { User } from '../types.ts'

/** The user whom an operator names by user name, proven e-mail address or public id. Throws not_found. */
export async function findUser({ users }: Pick<Store, 'users'>, who: string): Promise<User> {
  const user = await look(users, who)
  if (user === null)
    throw new CardeaError('not_found', {
      fields: [{ field: 'user', message: 'there is no user of this name, e-mail address or id' }],
    })
  return user
}

async function look(users: Store['users'], who: string): Promise<User | null> {
  const form = identifierForm(who)
  if (form === 'uuid') return users.byPublicId(who.toLowerCase())
  if (form === 'email') {
    const email = canonicalEmail(who)
    return email.ok ? users.byEmail(email.email) : null
  }
  const name = canonicalUsername(who)
  return name.ok ? users.byUsername(name.key) : null
}
