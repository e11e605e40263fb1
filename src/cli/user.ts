import type { Command } from 'commander'
import { findUser } from '../server/find-user.ts'
import type { House } from '../server/house.ts'
import { type User, userStatuses } from '../types.ts'
import { confirm, readPassword } from './input.ts'
import { type Io, iso, minute, writeFields, writeJson, writeLine, writeNote, writeTable } from './output.ts'
import { pageOf } from './page.ts'
import { UsageError } from './usage.ts'
import { addVerb, type CommonFlags, collect, commandLine, withHouse } from './verb.ts'

interface CreateFlags extends CommonFlags {
  readonly email?: string
  readonly role: string
  readonly service?: boolean
  readonly scope?: readonly string[]
  readonly passwordStdin?: boolean
  /** `--no-password` */
  readonly password: boolean
}

interface ListFlags extends CommonFlags {
  readonly search?: string
  readonly role?: string
  readonly status?: string
  readonly limit: string
  readonly cursor?: string
}

/** `cardea user ...` */
export function addUser(program: Command, io: Io): void {
  const user = program.command('user').description('accounts of people and services')

  addVerb(
    user,
    'create <username>',
    'make an account',
    'user create alice --email alice@example.com --role admin --password-stdin --json < password.txt',
  )
    .option('--email <address>', 'e-mail address; counts as proven')
    .option('--role <role>', 'role', 'user')
    .option('--service', 'a machine: no password, signs in nowhere, holds keys and tokens')
    .option('--scope <scope>', 'scope given by name (services; may be repeated)', collect)
    .option('--password-stdin', 'read the password from standard input')
    .option('--no-password', 'no password: the user asks for a link by mail')
    .action(async (username: string, flags: CreateFlags) => {
      const service = flags.service === true
      if (flags.scope !== undefined && !service)
        throw new UsageError('--scope is for services: people have the scopes of their role')
      const password =
        service || !flags.password ? null : await readPassword(io, flags.passwordStdin === true, username)
      await withHouse(io, flags, async (house) => {
        const created = await house.core.users.create(
          {
            username,
            email: flags.email ?? null,
            password,
            role: flags.role,
            kind: service ? 'service' : 'person',
            grantedScopes: flags.scope ?? [],
          },
          null,
          commandLine,
        )
        show(io, house, flags, created)
      })
    })

  addVerb(user, 'list', 'list accounts', 'user list --role admin')
    .option('--search <text>', 'part of a user name or e-mail address')
    .option('--role <role>', 'only this role')
    .option('--status <status>', `only this status: ${userStatuses.join(', ')}`)
    .option('--limit <n>', 'how many, 1 to 200', '100')
    .option('--cursor <cursor>', 'go on where the last list ended')
    .action((flags: ListFlags) =>
      withHouse(io, flags, async (house) => {
        const status = userStatuses.find((known) => known === flags.status)
        if (flags.status !== undefined && status === undefined)
          throw new UsageError(`--status must be one of ${userStatuses.join(', ')}`)
        const { items, nextCursor } = await house.core.users.list({
          ...pageOf(flags),
          ...(flags.search === undefined ? {} : { search: flags.search }),
          ...(flags.role === undefined ? {} : { role: flags.role }),
          ...(status === undefined ? {} : { status }),
        })
        if (flags.json === true)
          return writeJson(io, { items: items.map((item) => json(house, item)), next_cursor: nextCursor })
        writeTable(
          io,
          ['USER', 'E-MAIL', 'ROLE', 'STATUS', 'KIND', '2FA', 'LAST SIGN-IN', 'ID'],
          items.map((item) => [
            item.username,
            item.email,
            item.role,
            item.status,
            item.kind,
            item.hasFactor ? 'yes' : 'no',
            minute(item.lastSignInAt),
            item.publicId,
          ]),
        )
        if (nextCursor !== null) writeNote(io, `There are more: --cursor ${nextCursor}`)
      }),
    )

  addVerb(user, 'show <user>', 'show one account (by user name, e-mail address or id)', 'user show alice').action(
    change((_house, found) => Promise.resolve(found)),
  )
  addVerb(user, 'set-role <user> <role>', 'change the role', 'user set-role alice editor').action(
    (who: string, role: string, flags: CommonFlags) =>
      change(({ core }, found) => core.users.setRole(found.publicId, role, null, commandLine))(who, flags),
  )
  addVerb(
    user,
    'set-password <user>',
    'set a new password; ends all sessions',
    'user set-password alice --password-stdin < password.txt',
  )
    .option('--password-stdin', 'read the password from standard input')
    .action(async (who: string, flags: CommonFlags & { passwordStdin?: boolean }) => {
      const password = await readPassword(io, flags.passwordStdin === true, who)
      await change(({ core }, found) => core.users.setPassword(found.publicId, password, null, commandLine))(who, flags)
    })
  addVerb(
    user,
    'disable <user>',
    'disable the account: every credential of it is refused at once',
    'user disable alice',
  ).action(change(({ core }, found) => core.users.setStatus(found.publicId, 'disabled', null, commandLine)))
  addVerb(user, 'enable <user>', 'make the account active', 'user enable alice').action(
    change(({ core }, found) => core.users.setStatus(found.publicId, 'active', null, commandLine)),
  )
  addVerb(
    user,
    'grant <service> [scopes...]',
    'give a service scopes by name, or take them',
    'user grant gateway tokens:introspect changes:read',
  )
    .option('--remove', 'take the scopes instead')
    .action((who: string, scopes: readonly string[], flags: CommonFlags & { remove?: boolean }) => {
      if (scopes.length === 0) throw new UsageError('name at least one scope')
      return change(({ core }, found) => {
        const others = found.grantedScopes.filter((scope) => !scopes.includes(scope))
        return core.users.setGrantedScopes(
          found.publicId,
          flags.remove === true ? others : [...others, ...scopes],
          null,
          commandLine,
        )
      })(who, flags)
    })
  addVerb(user, 'delete <user>', 'delete the account and everything of it', 'user delete alice --yes')
    .option('--yes', 'do not ask')
    .action((who: string, flags: CommonFlags & { yes?: boolean }) =>
      withHouse(io, flags, async ({ core, store }) => {
        const found = await findUser(store, who)
        await confirm(io, flags.yes === true, `Delete ${found.username} and everything of it?`)
        await core.users.remove(found, null, commandLine)
        if (flags.json === true) writeJson(io, { id: found.publicId, username: found.username, deleted: true })
        else writeLine(io, `${found.username} is deleted.`)
      }),
    )

  /** A command on one user that ends with showing them. */
  function change(run: (house: House, found: User) => Promise<User>) {
    return (who: string, flags: CommonFlags) =>
      withHouse(io, flags, async (house) => show(io, house, flags, await run(house, await findUser(house.store, who))))
  }
}

/** The same names as the native API's. */
function json({ core }: House, user: User) {
  return {
    id: user.publicId,
    kind: user.kind,
    username: user.username,
    email: user.email,
    unproven_email: user.unprovenEmail,
    status: user.status,
    role: user.role,
    scopes: [...core.roles.scopesOfUser(user)],
    second_factor: user.hasFactor,
    created_at: iso(user.createdAt),
    last_sign_in_at: iso(user.lastSignInAt),
  }
}

function show(io: Io, house: House, flags: CommonFlags, user: User): void {
  const document = json(house, user)
  if (flags.json === true) writeJson(io, document)
  else writeFields(io, { ...document, scopes: document.scopes.join(' ') })
}
