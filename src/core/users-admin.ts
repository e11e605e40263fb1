import { uuidv7 } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import type { Principal, User } from '../types.ts'
import type { EventKind } from './events.ts'
import type { Store } from './ports.ts'
import type { Json, UserPatch } from './records.ts'
import type { Users, UsersDeps } from './users-contract.ts'
import type { SetUp } from './users-set-up.ts'
import { actorOrigin, appendChange, changed, dropAllLinks } from './users-shared.ts'

type UserAdministration = Pick<
  Users,
  | 'list'
  | 'slice'
  | 'create'
  | 'setRole'
  | 'setStatus'
  | 'setPassword'
  | 'setGrantedScopes'
  | 'setEmail'
  | 'resetFactor'
  | 'endSessions'
>

interface Audited {
  readonly kind: EventKind
  readonly data?: { readonly [key: string]: Json }
}

function fieldError(field: string, message: string): CardeaError {
  return new CardeaError('request_invalid', { fields: [{ field, message }] })
}

/** What administrators and the command line (`actor` null) do to users. Nobody acts beyond their own rights. */
export function createUserAdministration(deps: UsersDeps & { readonly setUp: SetUp }): UserAdministration {
  const { store, clock, commit, events, mails, names, newPasswords, oneTimes, rights, setUp } = deps

  async function target(publicId: string, actor: Principal | null): Promise<User> {
    const user = await store.users.byPublicId(publicId)
    if (user === null) throw new CardeaError('not_found')
    rights.mayManage(actor, user)
    return user
  }

  /** Under the transaction's eyes the target may have become more than the actor may touch. */
  async function still(tx: Store, user: User, actor: Principal | null): Promise<void> {
    const now = await tx.users.byId(user.id)
    if (now === null) throw new CardeaError('not_found')
    rights.mayManage(actor, now)
  }

  async function patch(
    user: User,
    changes: UserPatch,
    actor: Principal | null,
    origin: Parameters<Users['setRole']>[3],
    audited: Audited,
    more?: (tx: Store) => Promise<unknown>,
  ): Promise<User> {
    return commit(async (tx) => {
      await still(tx, user, actor)
      const after = changed(await tx.users.update(user.id, changes, clock.now()))
      await more?.(tx)
      await events.record({ ...audited, user: user.publicId, actor, origin: actorOrigin(actor, origin) }, tx)
      return after
    })
  }

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
        const data = { role, kind, scopes: grantedScopes }
        await events.record(
          { kind: 'user-created', user: publicId, actor, origin: actorOrigin(actor, origin), data },
          tx,
        )
        // Proven by the administrator's word, and so taken from all who only claim it.
        return email === null ? made : changed(await tx.users.proveEmail(made.id, email, now))
      })
    },

    async setRole(publicId, role, actor, origin) {
      rights.mayGiveRole(actor, role)
      const user = await target(publicId, actor)
      return patch(user, { role }, actor, origin, { kind: 'role-changed', data: { from: user.role, to: role } })
    },

    async setStatus(publicId, status, actor, origin) {
      const user = await target(publicId, actor)
      const audited = { kind: 'status-changed', data: { from: user.status, to: status } } as const
      // Whoever was more than pending is no sign-up that waits for its link: without a claim nobody's proof of the
      // address and no clean-up deletes the account, and no link of its own undoes the administrator's word.
      const suspended = status === 'pending' && user.status !== 'pending'
      const changes = suspended ? { status, unprovenEmail: null } : { status }
      return patch(user, changes, actor, origin, audited, async (tx) => {
        if (status === 'active') return
        // Enabled again, the user starts anew.
        await tx.sessions.endAll(user.id, null)
        const here = oneTimes.on(tx)
        if (suspended) await here.drop('confirm-email', user.id)
        await here.drop('reset-password', user.id)
        await here.drop('sign-in-link', user.id)
      })
    },

    async setPassword(publicId, password, actor, origin) {
      const user = await target(publicId, actor)
      if (user.kind === 'service') throw fieldError('password', 'is not for services: they have keys')
      const passwordHash = await newPasswords.hash(password, [user.username, user.email])
      const after = await patch(user, { passwordHash }, actor, origin, { kind: 'password-set' }, async (tx) => {
        await tx.sessions.endAll(user.id, null)
        await dropAllLinks(oneTimes.on(tx), user.id)
      })
      await mails.notice('password-changed', after, origin)
      return after
    },

    async setGrantedScopes(publicId, scopes, actor, origin) {
      const grantedScopes = [...new Set(scopes)]
      rights.mayGiveScopes(actor, grantedScopes)
      const user = await target(publicId, actor)
      if (user.kind !== 'service') throw fieldError('scopes', 'are given by name to services only')
      return patch(user, { grantedScopes }, actor, origin, { kind: 'scopes-granted', data: { scopes: grantedScopes } })
    },

    async setEmail(publicId, text, actor, origin) {
      const email = text === null ? null : names.email(text)
      const user = await target(publicId, actor)
      if (email === user.email) return user
      if (email !== null && (await names.isReserved('email', email))) throw new CardeaError('email_taken')
      const after = await commit(async (tx) => {
        await still(tx, user, actor)
        const now = clock.now()
        const result = changed(
          email === null
            ? await tx.users.update(user.id, { email }, now)
            : await tx.users.proveEmail(user.id, email, now),
        )
        await appendChange(tx, result, clock)
        await dropAllLinks(oneTimes.on(tx), user.id)
        await events.record(
          { kind: 'email-changed', user: user.publicId, actor, origin: actorOrigin(actor, origin) },
          tx,
        )
        return result
      })
      // No link that undoes it: the administrator may have taken the address away for a reason.
      if (user.email !== null) await mails.noticeTo(user.email, 'email-changed', user.username, origin)
      return after
    },

    async endSessions(publicId, actor, origin) {
      const user = await target(publicId, actor)
      return commit(async (tx) => {
        await still(tx, user, actor)
        const ids = await tx.sessions.endAll(user.id, null)
        const data = { count: ids.length }
        await events.record({ kind: 'sessions-ended', user: user.publicId, actor, origin, data }, tx)
        return ids.length
      })
    },

    async resetFactor(publicId, actor, origin) {
      const user = await target(publicId, actor)
      const after = await commit(async (tx) => {
        await still(tx, user, actor)
        if (!(await tx.factors.remove(user.id, clock.now()))) throw new CardeaError('factor_missing')
        await tx.factors.clearFailures(user.id)
        await tx.sessions.endAll(user.id, null)
        await events.record(
          { kind: 'factor-reset', user: user.publicId, actor, origin: actorOrigin(actor, origin) },
          tx,
        )
        return changed((await tx.users.byId(user.id)) ?? 'gone')
      })
      await mails.notice('factor-removed', after, origin)
      return after
    },
  }
}
