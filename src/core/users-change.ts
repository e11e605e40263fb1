import { CardeaError } from '../errors.ts'
import type { Origin, Principal, RoleName, Scope, User, UserStatus } from '../types.ts'
import type { EventKind } from './events.ts'
import type { Store } from './ports.ts'
import type { Json, UserPatch } from './records.ts'
import type { ProfileChange, UserChange, Users, UsersDeps } from './users-contract.ts'
import { actorOrigin, appendChange, changed, dropAllLinks, fieldError } from './users-shared.ts'

interface Audited {
  readonly kind: EventKind
  readonly data?: { readonly [key: string]: Json }
}

/** One thing that is changed: whatever could be refused without the store has been looked at. */
interface Step {
  write(tx: Store): Promise<unknown>
  readonly audited?: Audited
  /** Mails, once everything is committed. */
  readonly tell?: (after: User) => Promise<unknown>
}

/** What is changed of whom, and on whose behalf. */
interface Asked {
  readonly user: User
  readonly wish: UserChange
  readonly origin: Origin
}

/** What administrators and the command line (`actor` null) change of a user: all of it in one commit, or nothing. */
export function createUserChanges(deps: UsersDeps): Users['change'] {
  const { store, clock, commit, events, mails, names, newPasswords, oneTimes, rights } = deps

  const update = async (tx: Store, user: User, patch: UserPatch) =>
    changed(await tx.users.update(user.id, patch, clock.now()))

  async function emailStep(text: string | null, { user, origin }: Asked): Promise<Step | null> {
    const email = text === null ? null : names.email(text)
    if (email === user.email) return null
    if (email !== null && (await names.isReserved('email', email))) throw new CardeaError('email_taken')
    return {
      async write(tx) {
        const after =
          email === null
            ? await update(tx, user, { email })
            : changed(await tx.users.proveEmail(user.id, email, clock.now()))
        await appendChange(tx, after, clock)
        await dropAllLinks(oneTimes.on(tx), user.id)
      },
      audited: { kind: 'email-changed' },
      // No link that undoes it: the administrator may have taken the address away for a reason.
      tell: async () => {
        if (user.email !== null) await mails.noticeTo(user.email, 'email-changed', user.username, origin)
      },
    }
  }

  function scopesStep(scopes: readonly Scope[], { user }: Asked): Step {
    const grantedScopes = [...new Set(scopes)]
    if (user.kind !== 'service') throw fieldError('scopes', 'are given by name to services only')
    return {
      write: (tx) => update(tx, user, { grantedScopes }),
      audited: { kind: 'scopes-granted', data: { scopes: grantedScopes } },
    }
  }

  function roleStep(role: RoleName, { user }: Asked): Step {
    return {
      write: (tx) => update(tx, user, { role }),
      audited: { kind: 'role-changed', data: { from: user.role, to: role } },
    }
  }

  function statusStep(status: UserStatus, { user }: Asked): Step {
    // Whoever was more than pending is no sign-up that waits for its link: without a claim nobody's proof of the
    // address and no clean-up deletes the account, and no link of its own undoes the administrator's word.
    const suspended = status === 'pending' && user.status !== 'pending'
    return {
      async write(tx) {
        await update(tx, user, suspended ? { status, unprovenEmail: null } : { status })
        if (status === 'active') return
        // Enabled again, the user starts anew.
        await tx.sessions.endAll(user.id, null)
        const here = oneTimes.on(tx)
        if (suspended) await here.drop('confirm-email', user.id)
        await here.drop('reset-password', user.id)
        await here.drop('sign-in-link', user.id)
      },
      audited: { kind: 'status-changed', data: { from: user.status, to: status } },
    }
  }

  async function passwordStep(password: string, { user, wish, origin }: Asked): Promise<Step> {
    if (user.kind === 'service') throw fieldError('password', 'is not for services: they have keys')
    const passwordHash = await newPasswords.hash(password, [user.username, user.email, wish.email ?? null])
    return {
      async write(tx) {
        await update(tx, user, { passwordHash })
        await tx.sessions.endAll(user.id, null)
        await dropAllLinks(oneTimes.on(tx), user.id)
      },
      audited: { kind: 'password-set' },
      tell: (after) => mails.notice('password-changed', after, origin),
    }
  }

  function factorStep({ user, origin }: Asked): Step {
    return {
      async write(tx) {
        if (!(await tx.factors.remove(user.id, clock.now()))) throw new CardeaError('factor_missing')
        await tx.factors.clearFailures(user.id)
        await tx.sessions.endAll(user.id, null)
      },
      audited: { kind: 'factor-reset' },
      tell: (after) => mails.notice('factor-removed', after, origin),
    }
  }

  function profileStep({ api, change }: ProfileChange, { user }: Asked): Step {
    return {
      write: async (tx) => tx.users.setProfile(user.id, api, change(await tx.users.profile(user.id, api))),
    }
  }

  /** In the order in which they are written. Throws what needs no transaction to be refused; hashing comes last. */
  async function stepsOf(asked: Asked): Promise<readonly Step[]> {
    const { email, grantedScopes, role, status, password, resetFactor, profile } = asked.wish
    const steps = [
      role === undefined ? null : roleStep(role, asked),
      status === undefined ? null : statusStep(status, asked),
      grantedScopes === undefined ? null : scopesStep(grantedScopes, asked),
      email === undefined ? null : await emailStep(email, asked),
      resetFactor === true ? factorStep(asked) : null,
      profile === undefined ? null : profileStep(profile, asked),
      password === undefined ? null : await passwordStep(password, asked),
    ]
    return steps.filter((step) => step !== null)
  }

  /** Under the transaction's eyes the target may have become more than the actor may touch. */
  async function still(tx: Store, user: User, actor: Principal | null): Promise<void> {
    const now = await tx.users.byId(user.id)
    if (now === null) throw new CardeaError('not_found')
    rights.mayManage(actor, now)
  }

  return async (publicId, wish, actor, origin) => {
    if (wish.role !== undefined) rights.mayGiveRole(actor, wish.role)
    if (wish.grantedScopes !== undefined) rights.mayGiveScopes(actor, [...new Set(wish.grantedScopes)])
    const user = await store.users.byPublicId(publicId)
    if (user === null) throw new CardeaError('not_found')
    rights.mayManage(actor, user)
    const steps = await stepsOf({ user, wish, origin })
    if (steps.length === 0) return user
    const by = { user: user.publicId, actor, origin: actorOrigin(actor, origin) }
    const after = await commit(async (tx) => {
      await still(tx, user, actor)
      for (const { write } of steps) await write(tx)
      // After all locks of users were taken, which nobody waits for who holds the one of the log.
      for (const { audited } of steps) if (audited !== undefined) await events.record({ ...audited, ...by }, tx)
      return changed((await tx.users.byId(user.id)) ?? 'gone')
    })
    for (const { tell } of steps) await tell?.(after)
    return after
  }
}
