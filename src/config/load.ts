import { access, readFile } from 'node:fs/promises'
import { type ResolveHookSync, registerHooks } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assemble, type RoleTable } from './assemble.ts'
import type { Config, Source } from './config.ts'
import { ConfigError, type Problem } from './config-error.ts'
import type { Option } from './option.ts'
import { type OptionPath, optionPaths, options, type Settings, type Values, variableOf } from './options.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Flags {
  readonly port?: string
  readonly host?: string
  readonly dataDir?: string
  readonly databaseUrl?: string
}

export interface LoadWish {
  /** Roles that are there before any setting. */
  readonly builtInRoles: RoleTable
  /** Default: the process's own. */
  readonly environment?: Environment
  /** Default: the working folder. */
  readonly folder?: string
  readonly flags?: Flags
  /** In place of a configuration file; none is looked for then. */
  readonly settings?: Settings
  /** Inside another program: only the native API is on unless another one is switched on by name. */
  readonly embedded?: boolean
}

const fileNames = ['cardea.config.ts', 'cardea.config.mjs', 'cardea.config.js', 'cardea.config.json']
/** Variables of ours that are no settings. */
const otherVariables = /^CARDEA_(CONFIG$|TEST_)/

/**
 * The settings: defaults, then the configuration file, then CARDEA_* variables (an empty one counts as not set), then
 * flags; the later wins. Throws ConfigError with everything that is wrong at once.
 */
export async function loadConfig({
  environment = process.env,
  folder = process.cwd(),
  flags = {},
  settings,
  builtInRoles,
  embedded = false,
}: LoadWish): Promise<Config> {
  const problems: Problem[] = []
  const file = settings === undefined ? await findFile(environment, folder) : null
  const content = settings ?? (file === null ? {} : await readSettings(file))
  const label = file === null ? 'options' : file
  const sources = new Map<OptionPath, { readonly source: Source; readonly name: string }>()
  const found = new Map<OptionPath, unknown>()

  const take = (
    path: OptionPath,
    source: Source,
    name: string,
    reading: { ok: true; value: unknown } | { ok: false; wrong: string },
    received: unknown,
  ) => {
    if (reading.ok) {
      found.set(path, reading.value)
      sources.set(path, { source, name })
    } else {
      problems.push({ setting: path, from: name, message: `${reading.wrong}${echo(options[path], received)}` })
    }
  }

  const { leaves, unknown } = flatten(content)
  for (const name of unknown)
    problems.push({ setting: name, from: label, message: `is not a setting${suggestion(name, optionPaths)}` })
  for (const [path, value] of leaves)
    if (value !== undefined) take(path, 'file', label, options[path].kind.fromValue(value), value)

  const variables = new Map(optionPaths.map((path) => [variableOf(path), path]))
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('CARDEA_') || otherVariables.test(name) || value === undefined || value === '') continue
    const path = variables.get(name)
    if (path === undefined)
      problems.push({
        setting: clean(name),
        from: 'environment',
        message: `is not a setting${suggestion(name, [...variables.keys()])}`,
      })
    else take(path, 'environment', name, options[path].kind.fromText(value), value)
  }
  for (const path of optionPaths) {
    const { flag }: Option<never> | Option<unknown> = options[path]
    const value = flag === undefined ? undefined : flags[path as keyof Flags]
    if (flag !== undefined && value !== undefined) take(path, 'flag', flag, options[path].kind.fromText(value), value)
  }

  const values = Object.fromEntries(
    optionPaths.map((path) => [path, found.has(path) ? found.get(path) : options[path].default]),
  ) as Values
  return assemble({
    values,
    sources,
    production: environment.NODE_ENV === 'production',
    folder,
    file,
    builtInRoles,
    embedded,
    problems,
  })
}

async function findFile(environment: Environment, folder: string): Promise<string | null> {
  const named = environment.CARDEA_CONFIG
  if (named !== undefined && named !== '') {
    const path = resolve(folder, named)
    if (!/\.(ts|mts|js|mjs|json)$/.test(path))
      throw fileProblem(path, 'must end in .ts, .js, .mjs or .json', 'CARDEA_CONFIG')
    if (!(await exists(path))) throw fileProblem(path, 'there is no such file', 'CARDEA_CONFIG')
    return path
  }
  const there: string[] = []
  for (const name of fileNames) if (await exists(join(folder, name))) there.push(name)
  if (there.length > 1)
    throw fileProblem(
      there.join(', '),
      'only one configuration file may stand in the folder; name it by CARDEA_CONFIG or remove the others',
    )
  return there[0] === undefined ? null : join(folder, there[0])
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** What a parser says about a file may quote it, and a secret may stand in it: only the kind of failure is told. */
async function readSettings(path: string): Promise<unknown> {
  if (path.endsWith('.json')) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw fileProblem(path, `cannot be read (${error.code ?? 'error'})`)
    })
    try {
      return JSON.parse(text)
    } catch {
      throw fileProblem(path, 'is not valid JSON')
    }
  }
  let loaded: unknown
  const hooks = registerHooks({ resolve: findCardea })
  try {
    loaded = await import(pathToFileURL(path).href)
  } catch (error) {
    const name = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'something was thrown'
    throw fileProblem(path, `cannot be loaded (${name}); \`node ${path}\` shows where`)
  } finally {
    hooks.deregister()
  }
  if (typeof loaded !== 'object' || loaded === null || !('default' in loaded))
    throw fileProblem(path, 'must have the settings as its default export')
  return loaded.default
}

/**
 * A file that imports `cardea` and does not find it gets the program that reads it. In a clone that name leads to `dist`,
 * which only a build makes, and a file elsewhere has no packages beside it.
 */
const findCardea: ResolveHookSync = (specifier, context, next) => {
  try {
    return next(specifier, context)
  } catch (error) {
    if (specifier !== 'cardea') throw error
    return { url: new URL(`../index${extname(import.meta.url)}`, import.meta.url).href, shortCircuit: true }
  }
}

function fileProblem(path: string, message: string, from = 'configuration file'): ConfigError {
  return new ConfigError([{ setting: path, from, message }])
}

/** The leaves of a nested object by dotted path. An object where the table has a structured setting is one leaf. */
function flatten(content: unknown): {
  readonly leaves: ReadonlyMap<OptionPath, unknown>
  readonly unknown: readonly string[]
} {
  const leaves = new Map<OptionPath, unknown>()
  const unknown: string[] = []
  const visit = (value: unknown, prefix: string, depth: number) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      unknown.push(prefix === '' ? '(the default export)' : clean(prefix))
      return
    }
    for (const [name, member] of Object.entries(value)) {
      const path = prefix === '' ? name : `${prefix}.${name}`
      const option = name.includes('.') ? undefined : optionPaths.find((candidate) => candidate === path)
      if (option !== undefined) leaves.set(option, member)
      else if (depth < 3 && !name.includes('.') && optionPaths.some((candidate) => candidate.startsWith(`${path}.`))) {
        if (member !== undefined) visit(member, path, depth + 1)
      } else unknown.push(clean(path))
    }
  }
  visit(content, '', 0)
  return { leaves, unknown }
}

/** A name that somebody wrote, fit for a message. */
function clean(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '?')
  return plain.length > 80 ? `${plain.slice(0, 80)}...` : plain
}

/** What was received, unless it is a secret, too long or no plain value. */
function echo(option: Option<never> | Option<unknown>, received: unknown): string {
  if (option.secret === true || typeof received === 'object') return ''
  const text = String(received)
  return text.length > 60 || /[^\x20-\x7e]/.test(text) ? '' : `, not "${text}"`
}

function suggestion(name: string, known: readonly string[]): string {
  let best = { name: '', distance: 4 }
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= best.distance) continue
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < best.distance) best = { name: candidate, distance }
  }
  return best.name === '' ? '' : `; did you mean ${best.name}?`
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? 0
}
