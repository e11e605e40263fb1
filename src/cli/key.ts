import type { Command } from 'commander'
import type { ApiKey } from '../core/records.ts'
import { findUser } from '../server/find-user.ts'
import { addCredentialList } from './credential-list.ts'
import { readExpiry } from './input.ts'
import { type Io, iso, writeFields, writeJson, writeLine, writeNote } from './output.ts'
import { addVerb, type CommonFlags, collect, commandLine, withHouse } from './verb.ts'

interface CreateFlags extends CommonFlags {
  readonly name: string
  readonly scope?: readonly string[]
  readonly expires: string
  readonly allowAddress?: readonly string[]
}

/** `cardea key ...` */
export function addKey(program: Command, io: Io): void {
  const key = program.command('key').description('API keys')

  addVerb(
    key,
    'create <user>',
    'make an API key of a user',
    'key create alice --name "nightly build" --scope account:read --expires 90d',
  )
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scope>', 'scope (may be repeated); without: whatever the owner may do', collect)
    .option('--expires <when>', 'such as 90d, 12h, 2030-01-31 or never', 'never')
    .option('--allow-address <address>', 'address or CIDR block it may be used from (may be repeated)', collect)
    .action((who: string, flags: CreateFlags) =>
      withHouse(io, flags, async ({ core, store, clock }) => {
        const expiresAt = readExpiry(flags.expires, clock.now())
        const issued = await core.keys.issueFor(
          await findUser(store, who),
          {
            name: flags.name,
            expiresAt,
            allowAddresses: flags.allowAddress ?? [],
            ...(flags.scope === undefined ? {} : { scopes: flags.scope }),
          },
          commandLine,
        )
        const document = { ...json(issued.record), secret: issued.secret, token: issued.token }
        if (flags.json === true) return writeJson(io, document)
        writeFields(io, {
          id: document.id,
          name: document.name,
          expires: document.expires_at,
          secret: document.secret,
          token: document.token,
        })
        writeNote(
          io,
          'Secret and token are shown this once: keep them now. Use the token as "Authorization: ApiKey <token>", or id and secret with HTTP Basic.',
        )
      }),
    )

  addCredentialList(key, io, {
    noun: 'key',
    plural: 'API keys',
    list: (core, owner, wish) => core.keys.list(owner, wish),
    idOf: ({ id }) => id,
    json,
  })

  addVerb(
    key,
    'revoke <id>',
    'revoke an API key: it is refused at once',
    'key revoke 0b9fd0c1-6d4c-4ad5-9f0a-3d1b6a3a7f10',
  ).action((id: string, flags: CommonFlags) =>
    withHouse(io, flags, async ({ core }) => {
      await core.keys.revoke(null, id, null, commandLine)
      if (flags.json === true) writeJson(io, { id, revoked: true })
      else writeLine(io, `The key ${id} is revoked.`)
    }),
  )
}

function json(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    allow_addresses: key.allowAddresses,
    api: key.api,
    created_at: iso(key.createdAt),
    expires_at: iso(key.expiresAt),
    last_used_at: iso(key.lastUsedAt),
    revoked_at: iso(key.revokedAt),
    successor: key.successor,
    suspended_at: iso(key.suspendedAt),
  }
}
