import { CardeaError } from '../errors.ts'
import { createUserAdministration } from './users-admin.ts'
import type { Users, UsersDeps } from './users-contract.ts'
import { createEmailChanges } from './users-email.ts'
import { createPasswordChanges } from './users-password.ts'
import { createSetUp } from './users-set-up.ts'
import { actorOrigin, appendChange, changed, dropMailedLinks } from './users-shared.ts'
import { createSignUp } from './users-sign-up.ts'

export type { NewUserWish, SignUpWish, Users, UsersDeps } from './users-contract.ts'

/** Users and what they, administrators and the command line do to them; put together from one file per subject. */
export function createUsers(deps: UsersDeps): Users {
  const { store, clock, commit, events, forgetPhotos, identify, limits, mails, names } = deps
  const { newPasswords, oneTimes, rights } = deps
  const setUp = createSetUp(deps)

  return {
    ...setUp,
    ...createSignUp({ ...deps, setUp }),
    ...createEmailChanges(deps),
    ...createPasswordChanges(deps),
    ...createUserAdministration({ ...deps, setUp }),

    byPublicId: (publicId) => store.users.byPublicId(publicId),
    names: (publicIds) => store.users.names(publicIds),

    async byId(id) {
      const user = await store.users.byId(id)
      return user?.kind === 'person' ? user : null
    },

    find: async (identifier, origin) => (await identify.find(identifier, origin)).user,

    async isFree(username) {
      try {
        const { key } = names.username(username)
        return (await store.users.byUsername(key)) === null && !(await names.isReserved('username', key))
      } catch (error) {
        if (error instanceof CardeaError && error.code === 'request_invalid') return false
        throw error
      }
    },

    disableSelf: (user, by, origin) =>
      commit(async (tx) => {
        const after = changed(await tx.users.update(user.id, { status: 'disabled' }, clock.now()))
        await tx.sessions.endAll(user.id, null)
        await dropMailedLinks(oneTimes.on(tx), user.id)
        const data = { from: user.status, to: after.status }
        await events.record({ kind: 'status-changed', user: user.publicId, actor: by, origin, data }, tx)
        return after
      }),

    checkChange(user, { email, password }) {
      if (email !== undefined) names.email(email)
      if (password === undefined) return
      if (user.kind === 'service') {
        const fields = [{ field: 'password', message: 'is not for services: they have keys' }]
        throw new CardeaError('request_invalid', { fields })
      }
      newPasswords.check(password, [user.username, user.email, email ?? null])
    },

    async changeUsername(user, username, origin) {
      const { display, key } = names.username(username)
      if (await names.isReserved('username', key)) throw new CardeaError('username_taken')
      const after = await commit(async (tx) => {
        const result = changed(await tx.users.update(user.id, { username: { display, key } }, clock.now()))
        await appendChange(tx, result, clock)
        await events.record({ kind: 'username-changed', user: user.publicId, origin }, tx)
        return result
      })
      await mails.notice('username-changed', after, origin)
      return after
    },

    async remove(user, actor, origin) {
      rights.mayManageOrIs(actor, user)
      // Their own address is personal data of somebody who is about to be forgotten.
      const own = actor !== null && actor.user?.id === user.id
      const where = own ? { ...origin, address: '', userAgent: '' } : actorOrigin(actor, origin)
      const reserve = names.reservationsOf(user)
      await commit(async (tx) => {
        const result = await tx.users.remove(user.id, reserve, clock.now())
        if (result === 'gone') throw new CardeaError('not_found')
        if (result === 'last_admin') throw new CardeaError('last_admin')
        await events.record({ kind: 'user-removed', user: user.publicId, actor, origin: where }, tx)
        await forgetPhotos(user.id)
      })
      // Once more: somebody may have asked for a picture before the commit.
      await forgetPhotos(user.id)
      await limits.forget(user.id)
      await mails.notice('account-removed', user, origin)
    },

    profile: (user, api) => store.users.profile(user.id, api),
    profiles: (users, api) =>
      store.users.profiles(
        users.map(({ id }) => id),
        api,
      ),
    changeProfile: (user, api, change) =>
      store.transaction(async (tx) => {
        if ((await tx.users.held(user.id)) === null) throw new CardeaError('not_found')
        const after = change(await tx.users.profile(user.id, api))
        await tx.users.setProfile(user.id, api, after)
        return after
      }),
  }
}
