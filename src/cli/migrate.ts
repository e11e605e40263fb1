import type { Command } from 'commander'
import { migrateHouse } from '../server/house.ts'
import { createLog } from '../server/log.ts'
import { type Io, writeJson, writeLine } from './output.ts'
import { addVerb, type CommonFlags, settingsFor } from './verb.ts'

/** `cardea migrate` */
export function addMigrate(program: Command, io: Io): void {
  addVerb(program, 'migrate', 'bring the database to what this version needs', 'migrate --dry-run')
    .option('--dry-run', 'only say what would be done')
    .action(async (flags: CommonFlags & { dryRun?: boolean }) => {
      const config = await settingsFor(flags)
      const log = createLog({ level: 'warn', stream: io.stderr })
      const { applied, pending } = await migrateHouse(config, log, flags.dryRun === true)
      if (flags.json === true) return writeJson(io, { applied, pending })
      const [names, verb] = flags.dryRun === true ? [pending, 'would be applied'] : [applied, 'applied']
      for (const name of names) writeLine(io, `${name}  ${verb}`)
      if (names.length === 0) writeLine(io, 'The database is up to date.')
    })
}
