import { hexToken, uuidv7 } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import type { Origin, RoleName, User } from '../types.ts'
import { dataText, dataTextOrNull } from './one-time.ts'
import type { Store } from './ports.ts'
import type { OneTime } from './records.ts'
import type { SignUpWish, Users, UsersDeps } from './users-contract.ts'
import type { SetUp } from './users-set-up.ts'
import { actorOrigin, changed } from './users-shared.ts'

type SignUp = Pick<Users, 'signUp' | 'invite'>

/** What is asked of an invited guest: the address that the invitation was mailed to counts as proven. */
interface Invitation {
  readonly token: string
  readonly email: string
  readonly role: RoleName
}

/** A role for those who come by themselves. */
const openRole: RoleName = 'user'

function fieldError(field: string, message: string): CardeaError {
  return new CardeaError('request_invalid', { fields: [{ field, message }] })
}

export function createSignUp(deps: UsersDeps & { readonly setUp: SetUp }): SignUp {
  const { store, clock, commit, events, limits, mails, names, newPasswords, oneTimes, roles, rights, settings } = deps
  const { confirmation, background, setUp } = deps

  /** An invitation is the inviter's word: it is worth what they could say now. */
  async function demandInviter(from: Pick<Store, 'users'>, row: OneTime): Promise<void> {
    const inviter = dataTextOrNull(row, 'inviter')
    if (inviter === null) return
    const user = await from.users.byPublicId(inviter)
    if (user !== null && rights.stillGivesRole(user, dataText(row, 'role'))) return
    throw new CardeaError('one_time_invalid', { internal: 'the inviter may not give that role any more' })
  }

  async function readInvitation(token: string): Promise<Invitation> {
    const row = await oneTimes.peek('invitation', token)
    if (row === null) throw new CardeaError('one_time_invalid')
    const role = dataText(row, 'role')
    if (!roles.has(role)) throw new CardeaError('one_time_invalid', { internal: `the role ${role} is gone` })
    await demandInviter(store, row)
    return { token, email: dataText(row, 'email'), role }
  }

  async function demandFree(usernameKey: string): Promise<void> {
    const taken = (await store.users.byUsername(usernameKey)) !== null
    if (taken || (await names.isReserved('username', usernameKey))) throw new CardeaError('username_taken')
  }

  /** `user-17`, or the random name that it has as long as somebody else is called that. */
  async function nameById(tx: Store, made: User): Promise<User> {
    const { display, key } = names.username(`user-${made.id}`)
    if (await names.on(tx).isReserved('username', key)) return made
    const named = await tx.users.update(made.id, { username: { display, key } }, made.createdAt)
    return named === 'username_taken' ? made : changed(named)
  }

  /** The first account of all: only with the code, and it is the administrator's. */
  async function firstUser({ setUpCode: code, ...wish }: SignUpWish, origin: Origin): Promise<User> {
    if (code === undefined) throw new CardeaError('set_up_needed')
    if (wish.username === null) throw fieldError('username', 'is needed')
    if (wish.password === null) throw fieldError('password', 'is needed')
    return setUp.setUp({ code, username: wish.username, email: wish.email, password: wish.password }, origin)
  }

  async function otherUser(wish: SignUpWish, origin: Origin): Promise<User> {
    if (settings.signUp === 'closed') throw new CardeaError('sign_up_closed')
    if (settings.signUp === 'invite' && wish.invitation === undefined) throw new CardeaError('sign_up_closed')
    const invitation = wish.invitation === undefined ? null : await readInvitation(wish.invitation)
    const name = names.username(wish.username ?? `user-${hexToken(8)}`)
    const email = wish.email === null ? null : names.email(wish.email)
    const asked = wish.confirm ?? (origin.api === 'native' && settings.confirmEmail)
    const confirm = asked && invitation === null
    if (invitation !== null && email !== null && email !== invitation.email) {
      throw fieldError('email', 'is the address that the invitation was mailed to, or is left out')
    }
    if (confirm && email === null) throw fieldError('email', 'is needed to confirm the account')
    if (wish.password === null && email === null && invitation === null) throw fieldError('password', 'is needed')
    // User names are public, so this may be told; before the password is hashed, so that asking costs little.
    await demandFree(name.key)
    const passwordHash =
      wish.password === null
        ? null
        : await newPasswords.hash(wish.password, [name.key, email ?? invitation?.email ?? null])

    const now = clock.now()
    const publicId = uuidv7(now)
    // The row is made alike whether somebody else has proven the address or not: otherwise a second try with the same
    // user name would tell. Who cannot prove the address just holds an account that stays pending.
    const user = await commit(async (tx) => {
      if (invitation !== null) await demandInviter(tx, await oneTimes.on(tx).consume('invitation', invitation.token))
      const made = changed(
        await tx.users.create({
          publicId,
          kind: 'person',
          username: name.display,
          usernameKey: name.key,
          email: null,
          unprovenEmail: invitation === null ? email : null,
          passwordHash,
          status: confirm ? 'pending' : 'active',
          role: invitation?.role ?? openRole,
          grantedScopes: [],
          createdAt: now,
        }),
      )
      await events.record({ kind: 'sign-up', user: publicId, origin, data: { invited: invitation !== null } }, tx)
      if (wish.username === null) return nameById(tx, made)
      return invitation === null ? made : changed(await tx.users.proveEmail(made.id, invitation.email, now))
    })
    // Whoever opened the account is no stranger to it at the first sign-in; where the address is to be confirmed, that is
    // whoever can read its mail.
    if (!confirm) await limits.remember(user.id, origin)
    const claimed = user.unprovenEmail
    if (claimed !== null) {
      const { linkToOwner = false } = wish
      background.run('sign-up', () => confirmation.send(user, 'confirm-email', claimed, origin, { linkToOwner }))
    }
    return user
  }

  return {
    async signUp(wish, origin) {
      const user = (await setUp.needsSetUp()) ? await firstUser(wish, origin) : await otherUser(wish, origin)
      return { username: user.username, status: user.status, publicId: user.publicId }
    },

    async invite({ email: text, role }, actor, origin) {
      if (actor !== null && (await setUp.needsSetUp())) throw new CardeaError('set_up_needed')
      if (settings.signUp === 'closed') throw new CardeaError('sign_up_closed')
      rights.mayGiveRole(actor, role)
      // Under impersonation the one who really acts is the impersonator.
      const inviter = actor === null ? null : (actor.actor ?? actor.user?.publicId ?? '')
      if (inviter === '') throw new CardeaError('user_required')
      const email = names.email(text)
      // Administrators see all users anyway, so this tells nothing.
      const taken = (await store.users.byEmail(email)) !== null
      if (taken || (await names.isReserved('email', email))) throw new CardeaError('email_taken')
      const issued = await commit(async (tx) => {
        const wish = { purpose: 'invitation', userId: null, data: { email, role, inviter }, replace: false } as const
        const made = await oneTimes.on(tx).issue(wish)
        await events.record(
          { kind: 'user-invited', user: null, actor, origin: actorOrigin(actor, origin), data: { role } },
          tx,
        )
        return made
      })
      await mails.link('invitation', email, issued.token, issued.expiresAt, { username: null })
      return { expiresAt: issued.expiresAt }
    },
  }
}
