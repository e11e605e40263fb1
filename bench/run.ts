/* `npm run bench -- [NAME ...] [--quick] [--seconds N] [--profile FOLDER]`; README.md says what the names are. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { betterAuthMeasure } from './measures/better-auth.ts'
import { documentsMeasure } from './measures/documents.ts'
import { guardMeasure } from './measures/guard.ts'
import { keysMeasure } from './measures/keys.ts'
import { localGuardMeasure } from './measures/local-guard.ts'
import { proxiesMeasure } from './measures/proxies.ts'
import { revocationMeasure } from './measures/revocation.ts'
import { signInMeasure } from './measures/sign-in.ts'
import { startMeasure } from './measures/start.ts'
import type { Bench } from './measures/types.ts'
import { hasWrk, pins } from './processes.ts'
import {
  type Figure,
  type Goal,
  markdownTable,
  mergeResults,
  parseResults,
  type Results,
  rounded,
  tableRows,
  textTable,
} from './results.ts'

const measures = [
  guardMeasure,
  localGuardMeasure,
  betterAuthMeasure,
  signInMeasure,
  keysMeasure,
  documentsMeasure,
  proxiesMeasure,
  startMeasure,
  revocationMeasure,
]
const goals: Readonly<Record<string, Goal>> = Object.assign({}, ...measures.map((measure) => measure.goals))
const names = Object.keys(goals)
const here = fileURLToPath(new URL('.', import.meta.url))
const jsonFile = join(here, 'results.json')

const { values, positionals } = readArguments()
const seconds = Number(values.seconds ?? (values.quick ? 1 : 5))
if (!(seconds >= 1 && seconds <= 60)) stop(`--seconds: from 1 to 60, not ${values.seconds}`)
const wanted = new Set(positionals.length === 0 ? names : positionals.flatMap(namesOf))

const folders: string[] = []
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const notes: string[] = []
const bench: Bench = {
  seconds,
  quick: values.quick,
  profile: values.profile === undefined ? undefined : resolve(values.profile),
  folder() {
    const folder = mkdtempSync(join(tmpdir(), 'cardea-bench-'))
    folders.push(folder)
    return folder
  },
  note(text) {
    notes.push(text)
    process.stderr.write(`${text}\n`)
  },
}

const fresh: Record<string, Figure> = {}
let failed = false
for (const measure of measures) {
  const mine = new Set(Object.keys(measure.goals).filter((name) => wanted.has(name)))
  if (mine.size === 0) continue
  try {
    for (const [name, value] of Object.entries(await measure.run(bench, mine))) {
      const { goal, unit } = goals[name] ?? { goal: null, unit: '' }
      if (mine.has(name)) fresh[name] = { value: rounded(value), goal, unit }
    }
  } catch (error) {
    failed = true
    bench.note(`${[...mine].join(', ')}: failed, ${error instanceof Error ? error.message.split('\n')[0] : error}`)
    process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`)
  }
}

const all = mergeResults(readOld(), fresh, names)
writeFileSync(jsonFile, `${JSON.stringify(all, null, 2)}\n`)
writeFileSync(join(here, 'results.md'), markdown(all))
process.stdout.write(`${textTable(tableRows(mergeResults({}, fresh, names), goals))}\n`)
process.exit(failed ? 1 : 0)

function markdown(results: Results): string {
  const { model = 'unknown processor' } = cpus()[0] ?? {}
  const machine = `${model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`
  const how = `Load by ${hasWrk ? 'wrk (our own generator where bodies or a steady rate are needed)' : 'the generator in bench/load.ts'}, ${pins ? 'servers on the first core and load on the second' : 'servers and load not pinned to cores'}, ${seconds} s a measurement${values.quick ? ', --quick' : ''}.`
  const part =
    Object.keys(fresh).length === Object.keys(results).length
      ? ''
      : `\nThe newest run measured ${Object.keys(fresh)
          .map((name) => `\`${name}\``)
          .join(', ')}; the other figures are older.\n`
  return `# Results\n\nWritten by \`npm run bench\`; [README.md](README.md) says how each figure is measured.\n\n${machine}.\n${how}\n${part}\n${markdownTable(tableRows(results, goals))}\n\nFrom the newest run:\n\n${notes.map((note) => `- ${note}`).join('\n')}\n`
}

function readOld(): Results {
  try {
    return parseResults(readFileSync(jsonFile, 'utf8'))
  } catch {
    return {}
  }
}

/** A name, or the beginning of some: `guard` is all that begin with `guard.`. */
function namesOf(text: string): readonly string[] {
  const found = names.filter((name) => name === text || name.startsWith(`${text}.`))
  return found.length > 0 ? found : stop(`There is no ${text}. There are:\n${names.join('\n')}`)
}

function readArguments() {
  const options = {
    quick: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    profile: { type: 'string' },
  } as const
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error))
  }
}

function stop(text: string): never {
  process.stderr.write(`bench: ${text}\n`)
  process.exit(2)
}
