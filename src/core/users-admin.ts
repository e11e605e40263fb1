import { uuidv7 } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import { createUserChanges } from './users-change.ts'
import type { Users, UsersDeps } from './users-contract.ts'
import type { SetUp } from './users-set-up.ts'
import { actorOrigin, changed, fieldError } from './users-shared.ts'

type UserAdministration = Pick<
  Users,
  | 'list'
  | 'slice'
  | 'create'
  | 'change'
  | 'setRole'
  | 'setStatus'
  | 'setPassword'
  | 'setGrantedScopes'
  | 'setEmail'
  | 'resetFactor'
  | 'endSessions'
>

/** What administrators and the command line (`actor` null) do to users. Nobody acts beyond their own rights. */
export function createUserAdministration(deps: UsersDeps & { readonly setUp: SetUp }): UserAdministration {
  const { store, clock, commit, events, names, newPasswords, rights, setUp } = deps

  const change = createUserChanges(deps)

  return {
    list: (wish) => store.users.list(wish),
    slice: (wish) => store.users.slice(wish),

    async create(wish, actor, origin) {
      if (actor !== null && (await setUp.needsSetUp())) throw new CardeaError('set_up_needed')
      const { role, kind } = wish
      const grantedScopes = [...new Set(wish.grantedScopes ?? [])]
      rights.mayGiveRole(actor, role)
      rights.mayGiveScopes(actor, grantedScopes)
      if (kind === 'service' && wish.password !== null)
        throw fieldError('password', 'is not for services: they have keys')
      if (kind === 'person' && grantedScopes.length > 0)
        throw fieldError('scopes', 'are given by name to services only')
      const name = names.username(wish.username)
      const email = wish.email === null ? null : names.email(wish.email)
      if (await names.isReserved('username', name.key)) throw new CardeaError('username_taken')
      if (email !== null && (await names.isReserved('email', email))) throw new CardeaError('email_taken')
      const passwordHash = wish.password === null ? null : await newPasswords.hash(wish.password, [name.key, email])
      const now = clock.now()
      const publicId = uuidv7(now)
      return commit(async (tx) => {
        const made = changed(
          await tx.users.create({
            publicId,
            kind,
            username: name.display,
            usernameKey: name.key,
            email: null,
            unprovenEmail: null,
            passwordHash,
            status: wish.status ?? 'active',
            role,
            grantedScopes,
            createdAt: now,
          }),
        )
        const { profile } = wish
        if (profile !== undefined) await tx.users.setProfile(made.id, profile.api, profile.change(null))
        const data = { role, kind, scopes: grantedScopes }
        await events.record(
          { kind: 'user-created', user: publicId, actor, origin: actorOrigin(actor, origin), data },
          tx,
        )
        // Proven by the administrator's word, and so taken from all who only claim it.
        return email === null ? made : changed(await tx.users.proveEmail(made.id, email, now))
      })
    },

    change,
    setRole: (publicId, role, actor, origin) => change(publicId, { role }, actor, origin),
    setStatus: (publicId, status, actor, origin) => change(publicId, { status }, actor, origin),
    setPassword: (publicId, password, actor, origin) => change(publicId, { password }, actor, origin),
    setGrantedScopes: (publicId, grantedScopes, actor, origin) => change(publicId, { grantedScopes }, actor, origin),
    setEmail: (publicId, email, actor, origin) => change(publicId, { email }, actor, origin),
    resetFactor: (publicId, actor, origin) => change(publicId, { resetFactor: true }, actor, origin),

    endSessions: (publicId, actor, origin) =>
      commit(async (tx) => {
        const user = await tx.users.byPublicId(publicId)
        if (user === null) throw new CardeaError('not_found')
        rights.mayManage(actor, user)
        const ids = await tx.sessions.endAll(user.id, null)
        const data = { count: ids.length }
        await events.record({ kind: 'sessions-ended', user: user.publicId, actor, origin, data }, tx)
        return ids.length
      }),
  }
}
