import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { CardeaError } from '../errors.ts'
import { version } from '../server/banner.ts'
import { redactText } from '../server/redact.ts'
import { StartError } from '../server/start-error.ts'
import { addBackup } from './backup.ts'
import { addConfig } from './config.ts'
import { addDoctor } from './doctor.ts'
import { addKey } from './key.ts'
import { addMigrate } from './migrate.ts'
import { type Io, printable } from './output.ts'
import { addPhotos } from './photos.ts'
import { addPieces } from './pieces.ts'
import { addRestore } from './restore.ts'
import { addServe } from './serve.ts'
import { addSigningKey } from './signing-key.ts'
import { addToken } from './token.ts'
import { UsageError } from './usage.ts'
import { addUser } from './user.ts'

const FAILURE = 1
const USAGE = 2

/** Runs one command. Answers the exit code: 0, 1 for a failure, 2 when the command line was not understood. */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  let exitCode = 0
  const program = createProgram(io, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    io.stderr.write(`${explain(error).map(printable).join('\n')}\n`)
    return error instanceof UsageError || isFlagProblem(error) ? USAGE : FAILURE
  }
}

/** All verbs. */
export function createProgram(io: Io, exitWith: (code: number) => void): Command {
  const program = new Command('cardea')
    .description('The door-keeper of an HTTP API.')
    .version(version())
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) =>
        write(
          `cardea: ${printable(
            text
              .trim()
              .replace(/^error: /, '')
              .replace(/\s*\n\s*/g, ' '),
          )} (see --help)\n`,
        ),
    })
    .addHelpText('after', '\nExample:\n  $ npx --no cardea serve')
  addServe(program, io)
  addMigrate(program, io)
  addUser(program, io)
  addKey(program, io)
  addToken(program, io)
  addSigningKey(program, io)
  addPhotos(program, io)
  addPieces(program, io, exitWith)
  addBackup(program, io)
  addRestore(program, io)
  addDoctor(program, io, exitWith)
  addConfig(program, io)
  return program
}

/** One line for people; settings that are wrong have one each. */
function explain(error: unknown): readonly string[] {
  if (error instanceof ConfigError) {
    const lines = error.problems.map(({ setting, from, message }) => `${setting} (${from}) ${message}`)
    return lines.length === 1
      ? [`cardea: ${lines[0]}`]
      : [`cardea: ${lines.length} settings are wrong:`, ...lines.map((line) => `  ${line}`)]
  }
  if (error instanceof UsageError || error instanceof StartError) return [`cardea: ${error.message}`]
  if (error instanceof CardeaError) {
    const { fields = [], internal } = error.detail
    const details = fields.map(({ field, message }) => `${field}: ${message}`)
    const more =
      error.code === 'unavailable' || error.code === 'internal' || error.code === 'conflict' ? internal : undefined
    return [redactText(`cardea: ${[error.message, ...details, ...(more === undefined ? [] : [more])].join(' ')}`)]
  }
  return [redactText(`cardea: ${error instanceof Error ? `${error.name}: ${error.message}` : 'something went wrong'}`)]
}

/** Only what stood on the command line was wrong. */
function isFlagProblem(error: unknown): boolean {
  return error instanceof ConfigError && error.problems.every(({ from }) => from.startsWith('--'))
}
