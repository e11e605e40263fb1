import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cycles, type Files, readProject } from './support/project.ts'
import { readSource, type Source } from './support/source.ts'

type Rule = (files: Files) => string[]

const LEAVES = ['src/errors.ts', 'src/types.ts']

/** Layers whose files a layer may import, and those of which it may see the types only. Its own is always allowed. */
const LAYERS: Record<string, { all: string[]; types?: string[] }> = {
  leaf: { all: [] },
  crypto: { all: ['leaf'] },
  core: { all: ['leaf', 'crypto'] },
  store: { all: ['leaf', 'crypto', 'core/records'], types: ['core'] },
  http: { all: ['leaf'] },
  apis: { all: ['leaf', 'http'], types: ['core'] },
  config: { all: ['leaf', 'crypto', 'core', 'http'], types: ['apis'] },
  client: { all: ['leaf'] },
  guard: { all: ['leaf', 'crypto', 'http', 'core/plain'], types: ['core'] },
  adapters: { all: ['leaf', 'guard'], types: ['core', 'http'] },
  server: { all: ['leaf', 'crypto', 'core', 'store', 'http', 'apis', 'config', 'guard', 'adapters'] },
  cli: { all: ['leaf', 'server', 'config'], types: ['core'] },
  index: {
    all: ['leaf', 'crypto', 'core', 'store', 'http', 'apis', 'config', 'server', 'client', 'guard', 'adapters'],
  },
}

/** What contracts of one family share: no API itself, and below all of them. */
const SHARED_BY_APIS = ['apis/django']

const HTTP = /^(hono|@hono\/.*|node:https?|node:http2|ws|nodemailer)($|\/)/
const SQL = /^(kysely|pg|better-sqlite3|node:sqlite)($|\/)/
const MACHINE = /^(node:(fs|child_process|cluster|process|worker_threads|dns)|pino|prom-client|commander)($|\/)/

/** The places that ask the machine what time it is, one for each program, and the one that draws random bits. */
const CLOCK_FILES = ['src/server/clock.ts', 'src/guard/clock.ts', 'src/client/platform.ts']
const RANDOM_FILES = ['src/crypto/random.ts']
const ENV_FILES = ['src/config/load.ts']
/** Node takes a reporter as a default export, and nothing else. */
const DEFAULT_EXPORTS = /(\.config\.ts|^tools\/tally-reporter\.mjs)$/

const TEST_FOLDERS_OF_THEIR_OWN = [
  'support',
  'bench',
  'security',
  'faults',
  'nodes',
  'architecture',
  'docs',
  'tools',
  'console',
]
const TEST_FILES_OF_THEIR_OWN = ['test/architecture.test.ts', 'test/docs.test.ts']
const LINES = 400
/** Written by a tool, and read by nobody from top to bottom. */
const GENERATED_FILES = ['src/client/schema.ts']

/** Parts of the core that know nothing of the rest of it: guards in other programs use them too. */
const PLAIN_CORE = ['address-list', 'addresses', 'dot-path', 'public-projection', 'subject-cache']

/** Spelled so that this file does not hold them itself. */
const FOREIGN_WORDS = [['..', 'shared'].join('/'), ['', 'work', ''].join('/'), ['sub', 'agent'].join('')]

const RULES: Record<string, Rule> = {
  'every source file belongs to a layer': (files) =>
    inSource(files).flatMap(({ path }) => (broad(layerOf(path)) in LAYERS ? [] : [path])),

  'imports run one way: a layer sees only those below it': (files) =>
    eachImport(files, ({ path }, { target, typeOnly }) => {
      if (target === undefined) return false
      const [from, to] = [layerOf(path), layerOf(target)]
      const { all, types = [] } = LAYERS[broad(from)] ?? { all: [] }
      const seen = typeOnly ? [broad(from), ...all, ...types] : [broad(from), ...all]
      return !seen.includes(to) && !seen.includes(broad(to))
    }),

  'an API imports neither another API nor the store': (files) =>
    eachImport(files, ({ path }, { target }) => {
      if (target === undefined || broad(layerOf(path)) !== 'apis') return false
      const to = layerOf(target)
      return to === 'store' || (to.startsWith('apis/') && layerOf(path) !== to && !SHARED_BY_APIS.includes(to))
    }),

  'leaves, crypto and core know no HTTP, no SQL and no machine': (files) =>
    eachImport(
      files,
      ({ path }, { specifier }) =>
        ['leaf', 'crypto', 'core'].includes(broad(layerOf(path))) &&
        [HTTP, SQL, MACHINE].some((packages) => packages.test(specifier)),
    ),

  'only the store speaks SQL': (files) =>
    eachImport(files, ({ path }, { specifier }) => SQL.test(specifier) && layerOf(path) !== 'store'),

  'no import cycle, types included': (files) => cycles([...inSource(files), ...inConsole(files)]),

  'the console knows the server by its client only': (files) =>
    inConsole(files).flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier, target }) =>
          target === undefined
            ? specifier.startsWith('node:') && !DEFAULT_EXPORTS.test(path)
            : !/^(ui|src\/client)\//.test(target),
        )
        .map(({ specifier }) => `${path} imports ${specifier}`),
    ),

  'process.env is read in one file': (files) =>
    matches(
      inSource(files),
      ENV_FILES,
      /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[|[{,]\s*env\b[^}]*\}\s*(=\s*process\b|from\b)/,
    ),

  'time comes from the clock that is handed in': (files) =>
    matches(
      inSource(files),
      CLOCK_FILES,
      /\bDate\s*\.\s*now\b|\bnew\s+Date\b(?!\s*\(\s*[^\s)])|(?<!\bnew\s+)\bDate\s*\(|\bperformance\s*\.\s*now\b|\bhrtime\b|\bTemporal\s*\.\s*Now\b/,
    ),

  'randomness comes from one file': (files) => [
    ...eachImport(
      files,
      ({ path }, { specifier, names }) =>
        !RANDOM_FILES.includes(path) && specifier === 'node:crypto' && /\brandom|\bwebcrypto\b|\*/.test(names),
    ),
    ...matches(inSource(files), RANDOM_FILES, /\bMath\s*\.\s*random\b|\bcrypto\s*\.\s*(random|getRandom)/),
  ],

  'no export *': (files) => matches(sources(files), [], /\bexport\s+(type\s+)?\*/),

  'no default export': (files) =>
    matches(
      sources(files).filter(({ path }) => !DEFAULT_EXPORTS.test(path)),
      [],
      /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/,
    ),

  'no any': (files) =>
    matches(
      sources(files).filter(({ path }) => /\.tsx?$/.test(path)),
      [],
      /(?:[:<|&]|=>|\bas|\bsatisfies|\bextends|\btype\s+\w+\s*=)\s*(?:readonly\s+)?any\b(?!\s*[:(?])|<[^<>()]*,\s*any\s*[,>]/,
    ),

  'no file is longer than 400 lines': (files) =>
    sources(files)
      .map(({ path }) => ({ path, lines: (files.get(path) ?? '').trimEnd().split('\n').length }))
      .filter(({ path, lines }) => lines > LINES && !GENERATED_FILES.includes(path))
      .map(({ path, lines }) => `${path}: ${lines} lines`),

  'a test stands where its source stands': (files) =>
    [...files.keys()].filter((path) => {
      if (!path.startsWith('test/') || TEST_FILES_OF_THEIR_OWN.includes(path)) return false
      const [, folder = ''] = path.split('/')
      if (TEST_FOLDERS_OF_THEIR_OWN.includes(folder)) return false
      const source = path.replace(/^test\//, 'src/')
      const parent = source.slice(0, source.lastIndexOf('/') + 1)
      if (parent === 'src/') return !files.has(source.replace(/\.test\.ts$/, '.ts'))
      return ![...files.keys()].some((other) => other.startsWith(parent))
    }),

  'the texts speak of the product only': (files) =>
    [...files].flatMap(([path, text]) =>
      FOREIGN_WORDS.filter((word) => text.toLowerCase().includes(word)).map((word) => `${path}: ${word}`),
    ),
}

/** For each rule a project that breaks it, and one that looks alike and is right. */
const SAMPLES: Record<keyof typeof RULES, { broken: Record<string, string>[]; fine: Record<string, string> }> = {
  'every source file belongs to a layer': {
    broken: [{ 'src/utils/a.ts': '' }, { 'src/helpers.ts': '' }],
    fine: { 'src/core/a.ts': '', 'src/apis/native/a.ts': '', 'src/index.ts': '' },
  },
  'imports run one way: a layer sees only those below it': {
    broken: [
      { 'src/core/a.ts': "import { a } from '../http/a.ts'" },
      { 'src/core/a.ts': "import type { A } from '../store/a.ts'" },
      { 'src/core/a.ts': "export { a } from '../store/a.ts'" },
      { 'src/core/a.ts': "const a = await import('../store/a.ts')" },
      { 'src/core/a.ts': 'const a = await import(`../store/a.ts`)' },
      { 'src/core/a.ts': "type A = import('../http/a.ts').A" },
      { 'src/core/a.ts': "const a = /[/'\"]/\nimport '../server/a.ts'" },
      { 'src/http/a.ts': "import type { A } from '../core/a.ts'" },
      { 'src/store/a.ts': "import { a } from '../core/keys.ts'" },
      { 'src/apis/native/a.ts': "import { a } from '../../core/keys.ts'" },
      { 'src/apis/native/a.ts': "import { type A } from '../../core/keys.ts'" },
      { 'src/server/a.ts': "import { a } from '../cli/a.ts'" },
      { 'src/errors.ts': "import { a } from './crypto/a.ts'" },
    ],
    fine: {
      'src/core/a.ts':
        "// import { a } from '../http/a.ts'\nconst a = \"import '../store/a.ts'\"\nimport { b } from '../types.ts'",
      'src/core/b.ts':
        'const text = `$' + "{'x'} import { a } from '../http/a.ts' $" + "{`}`}`\nexport { c } from './a.ts'",
      'src/store/a.ts': "import type { A } from '../core/keys.ts'\nimport { b } from '../core/records.ts'",
      'src/apis/native/a.ts':
        "export { a }\nimport type { A } from '../../core/keys.ts'\nimport { b } from '../api.ts'",
      'src/server/a.ts': "import { a } from '../store/a.ts'",
    },
  },
  'an API imports neither another API nor the store': {
    broken: [
      { 'src/apis/native/a.ts': "import type { A } from '../hautai/wire.ts'" },
      { 'src/apis/native/a.ts': "import { a } from '../../store/a.ts'" },
      { 'src/apis/pipeline.ts': "import { a } from './native/a.ts'" },
      { 'src/apis/django/a.ts': "import { a } from '../hautai/a.ts'" },
    ],
    fine: {
      'src/apis/native/a.ts': "import { a } from './wire.ts'\nimport { b } from '../pipeline.ts'",
      'src/apis/hautai/a.ts': "import { a } from '../django/texts.ts'",
    },
  },
  'leaves, crypto and core know no HTTP, no SQL and no machine': {
    broken: [
      { 'src/core/a.ts': "import type { Context } from 'hono'" },
      { 'src/core/a.ts': "import { sql } from 'kysely'" },
      { 'src/crypto/a.ts': "import { readFile } from 'node:fs/promises'" },
    ],
    fine: { 'src/core/a.ts': "import { a } from 'node:crypto'", 'src/http/a.ts': "import { Hono } from 'hono'" },
  },
  'only the store speaks SQL': {
    broken: [{ 'src/server/a.ts': "import pg from 'pg'" }, { 'src/apis/a.ts': "import type { Kysely } from 'kysely'" }],
    fine: { 'src/store/a.ts': "import pg from 'pg'", 'src/server/a.ts': "import { a } from 'pgx'" },
  },
  'no import cycle, types included': {
    broken: [
      { 'src/core/a.ts': "import { b } from './b.ts'", 'src/core/b.ts': "import type { A } from './a.ts'" },
      { 'src/core/a.ts': "export * from './a.ts'" },
    ],
    fine: {
      'src/core/a.ts': "import { b } from './b.ts'\nimport { c } from './c.ts'",
      'src/core/b.ts': "import { c } from './c.ts'",
      'src/core/c.ts': "// import { a } from './a.ts'",
    },
  },
  'the console knows the server by its client only': {
    broken: [
      { 'ui/src/a.ts': "import type { User } from '../../src/types.ts'" },
      {
        'ui/src/parts/a.tsx':
          "const a = <p>{'x'}</p>\nconst b = <br />\nconst c = await import('../../../src/core/a.ts')",
      },
      { 'ui/src/a.ts': "import { readFile } from 'node:fs'" },
    ],
    fine: {
      'ui/src/a.tsx':
        "import { a } from './b.ts'\nimport { Button } from '@mantine/core'\nimport { c } from 'cardea/client'",
      'ui/vite.config.ts': "import { join } from 'node:path'",
    },
  },
  'process.env is read in one file': {
    broken: [
      { 'src/server/a.ts': 'const port = process.env.PORT' },
      { 'src/server/a.ts': "const env = process['env']" },
      { 'src/server/a.ts': 'const { env } = process' },
      { 'src/server/a.ts': "import { env } from 'node:process'" },
    ],
    fine: { 'src/config/load.ts': 'process.env.PORT', 'src/server/a.ts': 'const a = context.env // process.env' },
  },
  'time comes from the clock that is handed in': {
    broken: [
      { 'src/core/a.ts': 'const now = Date.now()' },
      { 'src/core/a.ts': 'const now = new Date()' },
      { 'src/core/a.ts': 'const now = new Date' },
      { 'src/core/a.ts': 'const now = Date()' },
      { 'src/apis/a.ts': 'const now = performance.now()' },
      { 'src/store/a.ts': 'const now = process.hrtime.bigint()' },
    ],
    fine: {
      'src/server/clock.ts': 'Date.now()',
      'src/core/a.ts': "const a = new Date(now) // Date.now()\nconst b = 'new Date()'",
    },
  },
  'randomness comes from one file': {
    broken: [
      { 'src/core/a.ts': 'Math.random()' },
      { 'src/core/a.ts': 'crypto.randomUUID()' },
      { 'src/core/a.ts': "import { randomUUID } from 'node:crypto'" },
    ],
    fine: { 'src/crypto/random.ts': "import { randomBytes } from 'node:crypto'", 'src/core/a.ts': 'random.bytes(32)' },
  },
  'no export *': {
    broken: [{ 'src/a.ts': "export * from './b.ts'" }, { 'src/a.ts': "export * as b from './b.ts'" }],
    fine: { 'src/a.ts': "export { b } from './b.ts'\nimport * as c from 'c'\nexport const d = 2 * 2" },
  },
  'no default export': {
    broken: [{ 'src/a.ts': 'export default 1' }, { 'test/a.ts': 'export { a, b as default }' }],
    fine: {
      'examples/cardea.config.ts': 'export default {}',
      'src/a.ts': "import b from 'b'\nexport const text = 'export default'",
    },
  },
  'no any': {
    broken: [
      { 'src/a.ts': 'const a: any = 1' },
      { 'src/a.ts': 'const a = b as any' },
      { 'src/a.ts': 'const a = new Map<string, any>()' },
      { 'test/a.ts': 'const a: Array<any> = []' },
      { 'src/a.ts': 'type A = any' },
      { 'src/a.ts': 'const a: readonly any[] = []' },
    ],
    fine: {
      'src/a.ts': "const a = z.any()\nconst b = { any: 1 }\nPromise.any([])\n// of any: any kind\nconst c = ': any'",
    },
  },
  'no file is longer than 400 lines': {
    broken: [{ 'src/a.ts': 'a\n'.repeat(401) }],
    fine: { 'src/a.ts': 'a\n'.repeat(400), 'docs/a.md': 'a\n'.repeat(401) },
  },
  'a test stands where its source stands': {
    broken: [
      { 'test/core/a.test.ts': '', 'src/store/a.ts': '' },
      { 'test/a.test.ts': '', 'src/b.ts': '' },
    ],
    fine: {
      'test/core/deep.test.ts': '',
      'src/core/a.ts': '',
      'test/support/a.ts': '',
      'test/errors.test.ts': '',
      'src/errors.ts': '',
    },
  },
  'the texts speak of the product only': {
    broken: FOREIGN_WORDS.map((word) => ({
      'docs/a.md': `see ${word.toUpperCase()}DESIGN.md`.replace(word.toUpperCase(), word),
    })),
    fine: { 'docs/a.md': 'works, shared, agent' },
  },
}

const project = readProject()

for (const [name, rule] of Object.entries(RULES)) {
  test(name, () => assert.deepEqual(rule(project), []))
}

test('each rule sees a project that breaks it, and is not fooled by one that does not', () => {
  assert.deepEqual(Object.keys(SAMPLES).sort(), Object.keys(RULES).sort())
  for (const [name, rule] of Object.entries(RULES)) {
    const { broken, fine } = SAMPLES[name] ?? { broken: [], fine: {} }
    assert.ok(broken.length > 0, name)
    for (const files of broken)
      assert.notDeepEqual(rule(new Map(Object.entries(files))), [], `${name}: ${JSON.stringify(files)}`)
    assert.deepEqual(rule(new Map(Object.entries(fine))), [], name)
  }
})

test('the project that the rules are held against is all of it', () => {
  for (const path of ['src/errors.ts', 'test/architecture.test.ts', 'bin/cardea.mjs', 'package.json', '.ci/run']) {
    assert.ok(project.has(path), path)
  }
  assert.ok(inSource(project).some(({ imports }) => imports.some(({ target }) => LEAVES.includes(target ?? ''))))
})

function sources(files: Files): Source[] {
  const code = [...files].filter(([path]) => /^(src|ui|test|bench|fuzz|tools|examples|bin)\/.*\.(tsx?|mjs)$/.test(path))
  return code.map(([path, text]) => readSource(path, text))
}

function inSource(files: Files): Source[] {
  return sources(files).filter(({ path }) => path.startsWith('src/'))
}

function inConsole(files: Files): Source[] {
  return sources(files).filter(({ path }) => path.startsWith('ui/'))
}

function layerOf(path: string): string {
  if (LEAVES.includes(path)) return 'leaf'
  if (path === 'src/index.ts') return 'index'
  const [, folder = '', ...rest] = path.split('/')
  if (folder === 'apis' && rest.length > 1) return `apis/${rest[0]}`
  if (path === 'src/core/records.ts') return 'core/records'
  if (PLAIN_CORE.some((name) => path === `src/core/${name}.ts`)) return 'core/plain'
  return rest.length === 0 ? path : folder
}

/** All APIs are one layer here (a rule of their own parts them), and the face that the core turns to the store is core. */
function broad(layer: string): string {
  return layer.split('/')[0] ?? layer
}

function eachImport(files: Files, isWrong: (source: Source, imported: Source['imports'][number]) => boolean): string[] {
  return inSource(files).flatMap((source) =>
    source.imports.filter((i) => isWrong(source, i)).map(({ specifier }) => `${source.path} imports ${specifier}`),
  )
}

function matches(among: Source[], allowed: string[], wrong: RegExp): string[] {
  return among.flatMap(({ path, code }) => {
    const found = allowed.includes(path) ? null : wrong.exec(code)
    return found ? [`${path}: ${found[0]}`] : []
  })
}
