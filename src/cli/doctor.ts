import { styleText } from 'node:util'
import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import { examine } from '../server/doctor.ts'
import type { Check } from '../server/doctor-check.ts'
import { createLog } from '../server/log.ts'
import { type Io, printable, writeJson } from './output.ts'
import { addVerb, type CommonFlags, settingsFor } from './verb.ts'

/** `cardea doctor`: exit code 1 when something is wrong. */
export function addDoctor(program: Command, io: Io, exitWith: (code: number) => void): void {
  addVerb(program, 'doctor', 'check settings, data folder, database, secret, clock and mail', 'doctor').action(
    async (flags: CommonFlags) => {
      const checks = await run(io, flags)
      const wrong = checks.some(({ state }) => state === 'wrong')
      if (flags.json === true) writeJson(io, { ok: !wrong, checks })
      else
        for (const { name, state, message } of checks)
          io.stdout.write(`${mark(io, state)}  ${name.padEnd(12)}${printable(message)}\n`)
      if (wrong) exitWith(1)
    },
  )
}

async function run(io: Io, flags: CommonFlags): Promise<readonly Check[]> {
  let config: Config
  try {
    config = await settingsFor(flags)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ setting, from, message }) => ({
      name: 'settings',
      state: 'wrong',
      message: `${setting} (${from}) ${message}`,
    }))
  }
  return examine(config, createLog({ level: 'silent', stream: io.stderr }))
}

function mark({ stdout }: Io, state: Check['state']): string {
  const style = { good: 'green', note: 'yellow', wrong: 'red' } as const
  return styleText(style[state], state.padEnd(5), { stream: stdout })
}
