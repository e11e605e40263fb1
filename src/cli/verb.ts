import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import type { Flags } from '../config/load.ts'
import { type House, openHouse } from '../server/house.ts'
import { createLog } from '../server/log.ts'
import { loadSettings } from '../server/settings.ts'
import type { Origin } from '../types.ts'
import type { Io } from './output.ts'

/** Flags that every verb has. */
export interface CommonFlags extends Flags {
  readonly json?: boolean
}

/** Who acts when the command line does: its events carry no address of a caller. */
export const commandLine: Origin = { api: 'native', address: '127.0.0.1', userAgent: 'cardea command line' }

/** A verb with what all of them have: `--json`, where the data is, an example in its help. */
export function addVerb(parent: Command, usage: string, description: string, example: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--json', 'one JSON document on standard output')
    .option('--data-dir <folder>', 'data folder (setting dataDir)')
    .option('--database-url <url>', 'PostgreSQL database (setting databaseUrl; better kept in CARDEA_DATABASE_URL)')
    .addHelpText('after', `\nExample:\n  $ npx --no cardea ${example}`)
}

export function settingsFor({ port, host, dataDir, databaseUrl }: CommonFlags): Promise<Config> {
  const flags = { port, host, dataDir, databaseUrl }
  return loadSettings({ flags: Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) })
}

/** Runs a command on the store that the settings name, whether or not a server runs on it. */
export async function withHouse<T>(io: Io, flags: CommonFlags, run: (house: House) => Promise<T>): Promise<T> {
  const config = await settingsFor(flags)
  const level = config.logLevel === 'debug' || config.logLevel === 'silent' ? config.logLevel : 'warn'
  const house = await openHouse(config, { log: createLog({ level, stream: io.stderr }), as: 'guest' })
  try {
    return await run(house)
  } finally {
    await house.close()
  }
}

/** For options that can be given several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}
