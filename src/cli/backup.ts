import type { Command } from 'commander'
import { backUp, megabytes } from '../server/backup.ts'
import { type Io, writeJson, writeLine, writeNote } from './output.ts'
import { addVerb, type CommonFlags, settingsFor } from './verb.ts'

/** `cardea backup` */
export function addBackup(program: Command, io: Io): void {
  addVerb(
    program,
    'backup <file>',
    'copy the database into a file, while the server runs or not; the secret is never in it',
    'backup /backup/cardea.sqlite',
  )
    .option('--force', 'replace a file of that name')
    .action(async (file: string, flags: CommonFlags & { force?: boolean }) => {
      const config = await settingsFor(flags)
      const note = (line: string) => writeNote(io, line)
      const { path, bytes } = await backUp(config, { file, force: flags.force === true, note })
      if (flags.json === true) return writeJson(io, { path, bytes })
      writeLine(io, `${path} is made (${megabytes(bytes)}).`)
      writeNote(io, 'The secret is not in it: keep that elsewhere, or nobody gets in after a restore.')
    })
}
