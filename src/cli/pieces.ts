import type { Command } from 'commander'
import type { PieceType } from '../core/piece-types.ts'
import { findUser } from '../server/find-user.ts'
import { readDocuments } from '../server/piece-file.ts'
import { type Io, writeJson, writeLine, writeNote } from './output.ts'
import { createProgress } from './progress.ts'
import { UsageError } from './usage.ts'
import { addVerb, type CommonFlags, withHouse } from './verb.ts'

interface ImportFlags extends CommonFlags {
  readonly type?: string
  readonly owner?: string
  readonly draft?: boolean
  readonly dryRun?: boolean
}

/** `cardea pieces ...` */
export function addPieces(program: Command, io: Io, exitWith: (code: number) => void): void {
  const pieces = program.command('pieces').description('documents of piece types')

  addVerb(
    pieces,
    'import <file>',
    'make documents of a file: a JSON list, one JSON object, or one object a line; all of them or none',
    'pieces import article.json --dry-run\n  $ npx --no cardea pieces import backup/2026.jsonl --type article --owner alice',
  )
    .option('--type <type>', 'piece type; without: the name of the file up to its first dot')
    .option('--owner <user>', 'whose documents they become, and with whose account they go; without: of nobody')
    .option('--draft', 'make drafts, nothing is published')
    .option('--dry-run', 'try everything and keep nothing')
    .action((file: string, flags: ImportFlags) =>
      withHouse(io, flags, async ({ core, store }) => {
        const type = typeNamed(core.documents.types, flags.type ?? nameOf(file))
        const { lines, problems: unread } = await readDocuments(file)
        const owner = flags.owner === undefined ? null : await findUser(store, flags.owner)
        const progress = createProgress(io, flags.json !== true, `${type.name}: `)
        const total = lines.length
        const mode = flags.draft === true ? 'draft' : 'published'
        const wish = {
          mode,
          owner,
          dryRun: flags.dryRun === true,
          progress: (done: number) => progress.show({ done, total }),
        } as const
        const { count, problems } =
          unread.length > 0
            ? { count: 0, problems: unread }
            : await core.documents.importAll(type, lines, wish).finally(progress.end)
        if (problems.length > 0) exitWith(1)
        if (flags.json === true) {
          return writeJson(io, { type: type.name, imported: count, dry_run: flags.dryRun === true, problems })
        }
        for (const { line, field, message } of problems) {
          writeNote(io, `line ${line}: ${field === '' ? '' : `${field} `}${message}`)
        }
        if (problems.length > 0) return writeNote(io, 'Nothing was imported.')
        writeLine(io, `${count} document(s) of type ${type.name} ${flags.dryRun === true ? 'would be' : 'are'} there.`)
      }),
    )
}

function nameOf(file: string): string {
  return (file.split(/[/\\]/).at(-1) ?? '').split('.', 1)[0] ?? ''
}

function typeNamed(types: readonly PieceType[], name: string): PieceType {
  const found = types.find((type) => type.name === name)
  if (found !== undefined) return found
  const there =
    types.length === 0
      ? 'none is declared in the setting pieces'
      : `there are ${types.map((type) => type.name).join(', ')}`
  throw new UsageError(`there is no piece type "${name}": ${there}; say --type`)
}
