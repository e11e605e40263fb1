import type { Command } from 'commander'
import { describeConfig } from '../config/config.ts'
import { type Io, writeJson, writeNote, writeTable } from './output.ts'
import { addVerb, type CommonFlags, settingsFor } from './verb.ts'

/** `cardea config` */
export function addConfig(program: Command, io: Io): void {
  addVerb(
    program,
    'config',
    'show the settings in force and where each came from; secrets stay hidden',
    'config --json',
  ).action(async (flags: CommonFlags) => {
    const config = await settingsFor(flags)
    const settings = describeConfig(config)
    if (flags.json === true) {
      return writeJson(io, {
        strict: config.strict,
        file: config.file,
        settings: Object.fromEntries(settings.map(({ setting, value, from }) => [setting, { value, from }])),
      })
    }
    writeTable(
      io,
      ['SETTING', 'VALUE', 'FROM'],
      settings.map(({ setting, value, from }) => [
        setting,
        typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '-'),
        from,
      ]),
    )
    writeNote(io, `Mode: ${config.strict ? 'strict' : 'development'}. File: ${config.file ?? 'none'}.`)
  })
}
