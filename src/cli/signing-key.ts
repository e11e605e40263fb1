import type { Command } from 'commander'
import type { KeyUse, SigningKey } from '../core/records.ts'
import { type Io, iso, minute, writeFields, writeJson, writeLine, writeTable } from './output.ts'
import { UsageError } from './usage.ts'
import { addVerb, type CommonFlags, withHouse } from './verb.ts'

const uses: readonly KeyUse[] = ['access', 'refresh', 'private']

/** `cardea signing-key ...` */
export function addSigningKey(program: Command, io: Io): void {
  const keys = program.command('signing-key').description('keys that sign tokens')

  addVerb(keys, 'list', 'list signing keys', 'signing-key list').action((flags: CommonFlags) =>
    withHouse(io, flags, async ({ core, clock }) => {
      const now = clock.now()
      const items = await core.signingKeys.list()
      if (flags.json === true) return writeJson(io, { items: items.map((key) => json(key, now)) })
      writeTable(
        io,
        ['KID', 'USE', 'ALG', 'STATE', 'SIGNS SINCE', 'VERIFIES UNTIL'],
        items.map((key) => [
          key.kid,
          key.use,
          key.alg,
          stateOf(key, now),
          minute(key.activeAt),
          minute(key.verifiesUntil),
        ]),
      )
    }),
  )

  addVerb(
    keys,
    'rotate',
    'publish the next key; it takes over later, or at once with --now',
    'signing-key rotate --now',
  )
    .option('--use <use>', `which one: ${uses.join(', ')}`, 'access')
    .option('--now', 'the next key also signs at once')
    .action((flags: CommonFlags & { use: string; now?: boolean }) => {
      const use = uses.find((known) => known === flags.use)
      if (use === undefined) throw new UsageError(`--use must be one of ${uses.join(', ')}`)
      return withHouse(io, flags, async ({ core, clock }) => {
        const document = json(await core.signingKeys.rotate(use, flags.now === true), clock.now())
        if (flags.json === true) writeJson(io, document)
        else writeFields(io, document)
      })
    })

  addVerb(keys, 'revoke <kid>', 'kill a key and everything it signed, at once', 'signing-key revoke vZ8x2mQ0 --now')
    .option('--now', 'needed: every token that the key signed dies')
    .action((kid: string, flags: CommonFlags & { now?: boolean }) => {
      if (flags.now !== true) throw new UsageError('every token that this key signed dies at once; say --now to do it')
      return withHouse(io, flags, async ({ core }) => {
        await core.signingKeys.revoke(kid)
        if (flags.json === true) writeJson(io, { kid, revoked: true })
        else writeLine(io, `The signing key ${kid} is revoked, and what it signed.`)
      })
    })

  addVerb(
    keys,
    're-wrap',
    'seal private keys and second factors again under the current secret',
    'signing-key re-wrap',
  ).action((flags: CommonFlags) =>
    withHouse(io, flags, async ({ core }) => {
      const document = { signing_keys: await core.signingKeys.rewrap(), second_factors: await core.mfa.rewrap() }
      if (flags.json === true) writeJson(io, document)
      else writeFields(io, { 'signing keys': document.signing_keys, 'second factors': document.second_factors })
    }),
  )
}

function stateOf({ activeAt, retiredAt, revokedAt }: SigningKey, now: number): string {
  if (revokedAt !== null) return 'revoked'
  if (retiredAt !== null && retiredAt <= now) return 'retired'
  return activeAt <= now ? 'signs' : 'next'
}

function json(key: SigningKey, now: number) {
  return {
    kid: key.kid,
    use: key.use,
    alg: key.alg,
    state: stateOf(key, now),
    created_at: iso(key.createdAt),
    active_at: iso(key.activeAt),
    retired_at: iso(key.retiredAt),
    verifies_until: iso(key.verifiesUntil),
    revoked_at: iso(key.revokedAt),
  }
}
