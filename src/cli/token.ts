import type { Command } from 'commander'
import type { PrivateToken } from '../core/records.ts'
import { findUser } from '../server/find-user.ts'
import { addCredentialList } from './credential-list.ts'
import { readExpiry } from './input.ts'
import { type Io, iso, writeFields, writeJson, writeLine, writeNote } from './output.ts'
import { UsageError } from './usage.ts'
import { addVerb, type CommonFlags, collect, commandLine, withHouse } from './verb.ts'

interface CreateFlags extends CommonFlags {
  readonly name: string
  readonly scope?: readonly string[]
  readonly expires: string
}

/** `cardea token ...` */
export function addToken(program: Command, io: Io): void {
  const token = program.command('token').description('private tokens')

  addVerb(token, 'create <user>', 'make a private token of a user', 'token create alice --name laptop --expires 90d')
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scope>', 'scope (may be repeated); without: whatever the owner may do', collect)
    .option('--expires <when>', 'such as 90d, 12h or 2030-01-31', '90d')
    .action((who: string, flags: CreateFlags) =>
      withHouse(io, flags, async ({ core, store, clock }) => {
        const expiresAt = readExpiry(flags.expires, clock.now())
        if (expiresAt === null) throw new UsageError('a private token must expire: --expires 90d')
        const wish = { name: flags.name, expiresAt, ...(flags.scope === undefined ? {} : { scopes: flags.scope }) }
        const issued = await core.tokens.issueFor(await findUser(store, who), wish, commandLine)
        const document = { ...json(issued.record), token: issued.token }
        if (flags.json === true) return writeJson(io, document)
        writeFields(io, { id: document.id, name: document.name, expires: document.expires_at, token: document.token })
        writeNote(io, 'The token is shown this once: keep it now. Use it as "Authorization: Bearer <token>".')
      }),
    )

  addCredentialList(token, io, {
    noun: 'token',
    plural: 'private tokens',
    list: (core, owner, wish) => core.tokens.list(owner, wish),
    idOf: ({ publicId }) => publicId,
    json,
  })

  addVerb(
    token,
    'revoke <id>',
    'revoke a private token: it is refused at once',
    'token revoke 0198c0de-5a1e-7b64-8f2a-6f1f0f6f2b11',
  ).action((id: string, flags: CommonFlags) =>
    withHouse(io, flags, async ({ core }) => {
      await core.tokens.revoke(null, id, null, commandLine)
      if (flags.json === true) writeJson(io, { id, revoked: true })
      else writeLine(io, `The token ${id} is revoked.`)
    }),
  )
}

function json(token: PrivateToken) {
  return {
    id: token.publicId,
    name: token.name,
    scopes: token.scopes,
    api: token.api,
    created_at: iso(token.createdAt),
    expires_at: iso(token.expiresAt),
    last_used_at: iso(token.lastUsedAt),
    revoked_at: iso(token.revokedAt),
    successor: token.successor,
    suspended_at: iso(token.suspendedAt),
  }
}
