import type { Command } from 'commander'
import type { NewEpoch } from '../core/records.ts'
import { createLog } from '../server/log.ts'
import { restore } from '../server/restore.ts'
import { confirm } from './input.ts'
import { type Io, writeJson, writeLine, writeNote } from './output.ts'
import { UsageError } from './usage.ts'
import { addVerb, type CommonFlags, commandLine, settingsFor, withHouse } from './verb.ts'

interface RestoreFlags extends CommonFlags {
  readonly force?: boolean
  readonly newEpoch?: boolean
  readonly confirmKeys?: boolean
  readonly yes?: boolean
}

/** `cardea restore` */
export function addRestore(program: Command, io: Io): void {
  addVerb(
    program,
    'restore [file]',
    'put a backup into an empty data folder; ends sessions and links, keys and tokens wait to be confirmed',
    'restore /backup/cardea.sqlite\n  $ npx --no cardea restore --confirm-keys',
  )
    .option('--force', 'put it in the place of the database that is there')
    .option('--confirm-keys', 'let suspended keys and private tokens in again; revoke those you do not want before')
    .option('--new-epoch', 'only end sessions and suspend keys: after pg_restore put the data back')
    .option('--yes', 'do not ask (--new-epoch)')
    .action(async (file: string | undefined, flags: RestoreFlags) => {
      const ways = [file !== undefined, flags.confirmKeys === true, flags.newEpoch === true].filter(Boolean).length
      if (ways !== 1) throw new UsageError('name a backup, or say --confirm-keys or --new-epoch')
      if (file !== undefined) return restoreFile(file, flags)
      return flags.newEpoch === true ? newEpoch(flags) : confirmKeys(flags)
    })

  async function restoreFile(file: string, flags: RestoreFlags): Promise<void> {
    const config = await settingsFor(flags)
    const restored = await restore(config, {
      file,
      force: flags.force === true,
      origin: commandLine,
      log: createLog({ level: 'warn', stream: io.stderr }),
      note: (line) => writeNote(io, line),
    })
    const { path, replaced, auditBrokenAt } = restored
    if (auditBrokenAt !== null) {
      writeNote(io, `The audit log in this backup does not hold together: see event ${auditBrokenAt}.`)
    }
    if (flags.json === true) {
      return writeJson(io, { path, replaced, ...json(restored), audit_broken_at: auditBrokenAt })
    }
    writeLine(io, `${path} is restored.`)
    if (replaced !== null) writeLine(io, `The database that was there is kept as ${replaced}.`)
    tell(restored)
  }

  async function newEpoch(flags: RestoreFlags): Promise<void> {
    await confirm(io, flags.yes === true, 'End all sessions and suspend all keys and private tokens?')
    await withHouse(io, flags, async ({ core }) => {
      const begun = await core.instance.beginEpoch(commandLine)
      if (flags.json === true) return writeJson(io, json(begun))
      tell(begun)
    })
  }

  function confirmKeys(flags: RestoreFlags): Promise<void> {
    return withHouse(io, flags, async ({ core }) => {
      const confirmed = await core.instance.confirmKeys(commandLine)
      if (flags.json === true) return writeJson(io, { ...confirmed })
      writeLine(io, `Confirmed: ${confirmed.keys} API key(s) and ${confirmed.tokens} private token(s).`)
    })
  }

  function tell({ sessions, oneTimes, recoveryCodes, keys, tokens }: NewEpoch): void {
    writeLine(
      io,
      `Ended: ${sessions} session(s), ${oneTimes} one-time link(s) and code(s), ${recoveryCodes} recovery code(s).`,
    )
    writeLine(io, `Suspended: ${keys} API key(s) and ${tokens} private token(s).`)
    if (keys + tokens > 0) {
      writeNote(
        io,
        'What was revoked after the backup is among them. Look at `key list` and `token list`, revoke, then: npx --no cardea restore --confirm-keys',
      )
    }
  }
}

function json({ epoch, sessions, oneTimes, recoveryCodes, keys, tokens }: NewEpoch) {
  return {
    epoch,
    ended: { sessions, one_time: oneTimes, recovery_codes: recoveryCodes },
    suspended: { keys, tokens },
  }
}
