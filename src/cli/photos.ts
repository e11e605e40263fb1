import type { Command } from 'commander'
import type { ScanReport } from '../core/photo-scan.ts'
import { findUser } from '../server/find-user.ts'
import { type Io, writeJson, writeLine, writeNote, writeTable } from './output.ts'
import { createProgress } from './progress.ts'
import { addVerb, type CommonFlags, withHouse } from './verb.ts'

/** What people are shown of a list of files; `--json` has all. */
const mostShown = 20

const reasons: Readonly<Record<ScanReport['skipped'][number]['reason'], string>> = {
  'no-owner': 'nobody was given it: photos assign',
  link: 'links are not followed',
  special: 'no plain file',
  hidden: 'its name begins with a dot',
  name: 'its name is not UTF-8',
  missing: 'it is not there',
  unreadable: 'it cannot be read',
  empty: 'it is empty',
  'too-large': 'it is larger than a picture can be',
  type: 'it is no JPEG, PNG, WebP, GIF or AVIF',
  pixels: 'it has more pixels than librephotos.maxPixels',
  broken: 'it is not the picture that it seems to be',
  changing: 'it was written to meanwhile',
}

/** A folder of the library for people. */
const shown = (path: string): string => (path === '' ? '.' : path)

/** `cardea photos ...` */
export function addPhotos(program: Command, io: Io): void {
  const photos = program.command('photos').description('the photo library (setting librephotos.library)')

  addVerb(photos, 'scan', 'bring the index to what the library holds', 'photos scan')
    .option('--allow-empty', 'believe a library in which there is nothing, and empty the index')
    .action((flags: CommonFlags & { allowEmpty?: boolean }) =>
      withHouse(io, flags, async ({ core }) => {
        const progress = createProgress(io, flags.json !== true)
        const report = await core.photos
          .scan({ allowEmpty: flags.allowEmpty === true, onProgress: progress.show })
          .finally(progress.end)
        if (flags.json === true) return writeJson(io, report)
        writeReport(io, report)
      }),
    )

  addVerb(
    photos,
    'assign <folder> <user>',
    'say whose a folder of the library is, with all below it (. for all)',
    'photos assign holidays/2024 alice --public',
  )
    .option('--public', 'everybody may see what is in it')
    .action((folder: string, who: string, flags: CommonFlags & { public?: boolean }) =>
      withHouse(io, flags, async ({ core, store }) => {
        const user = await findUser(store, who)
        const assigned = await core.photos.assign(folder, user, flags.public === true)
        const document = { path: assigned.path, user: user.username, public: assigned.public }
        if (flags.json === true) return writeJson(io, document)
        const seen = assigned.public ? 'and everybody may see it' : 'and nobody else sees it'
        writeLine(io, `The folder ${shown(assigned.path)} is ${user.username}'s, ${seen}.`)
        writeNote(io, 'Pictures that are not indexed yet are found by: cardea photos scan')
      }),
    )

  addVerb(
    photos,
    'unassign <folder>',
    'take a folder back: its pictures are nobody’s',
    'photos unassign holidays',
  ).action((folder: string, flags: CommonFlags) =>
    withHouse(io, flags, async ({ core }) => {
      const { path } = await core.photos.unassign(folder)
      if (flags.json === true) return writeJson(io, { path, unassigned: true })
      writeLine(io, `The folder ${shown(path)} is nobody's of itself any more.`)
    }),
  )

  addVerb(photos, 'folders', 'list the folders that are somebody’s', 'photos folders').action((flags: CommonFlags) =>
    withHouse(io, flags, async ({ core }) => {
      const items = (await core.photos.folders()).map(({ path, username, public: isPublic }) => ({
        path,
        user: username,
        public: isPublic,
      }))
      if (flags.json === true) return writeJson(io, { items })
      writeTable(
        io,
        ['folder', 'user', 'seen by'],
        items.map(({ path, user, public: isPublic }) => [shown(path), user, isPublic ? 'everybody' : 'the user']),
      )
    }),
  )
}

function writeReport(io: Io, { files, added, changed, unchanged, removed, skipped }: ScanReport): void {
  writeLine(
    io,
    `${files} files: ${added} new, ${changed} changed, ${unchanged} unchanged; ${removed} gone, ${skipped.length} skipped.`,
  )
  for (const { path, reason } of skipped.slice(0, mostShown)) writeLine(io, `  ${shown(path)}: ${reasons[reason]}`)
  if (skipped.length > mostShown) writeLine(io, `  and ${skipped.length - mostShown} more (--json lists them)`)
}
