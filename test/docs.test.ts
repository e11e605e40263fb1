import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { wire, wireCode } from '../src/apis/native/errors.ts'
import { createProgram } from '../src/cli/run.ts'
import { optionPaths, variableOf } from '../src/config/options.ts'
import { eventKinds } from '../src/core/events.ts'
import { type ErrorCode, publicTexts } from '../src/errors.ts'
import { createPlace, type TestPlace, type TestServerProcess } from './cli/command.ts'
import { blocksOf, checked, claims, readPages, root } from './support/markdown.ts'
import { createReader, missingFor, type Reader, scriptOf, shellOf } from './support/reader.ts'

const pages = readPages()
const page = (path: string) => pages.find((each) => each.path === path) ?? assert.fail(`${path} is missing`)

/** Blocks that are not run, and why. Every `sh` block of README.md and docs/ is. */
const notRun: Readonly<Record<string, string>> = {
  console: 'starts or stops servers, needs a database or mail server, or runs for minutes',
  nginx: 'a configuration of another program',
  ts: 'a part of a program; its syntax is checked',
  json: 'an answer or a file',
  text: 'neither a command nor a program',
}

/** Pages whose `sh` blocks another test runs, since what they build is built once. */
const runElsewhere: Readonly<Record<string, string>> = {
  'docs/protect-nextjs.md': 'test/adapters/next.test.ts',
}

let place: TestPlace
let server: TestServerProcess
let reader: Reader

before(async () => {
  place = await createPlace()
  // Pages draw the library; one that is not there yet is none that is missing. Piece types are for the guide about them.
  server = await place.serve({
    CARDEA_CONFIG: join(root, 'examples/newsroom/cardea.config.ts'),
    CARDEA_LIBREPHOTOS_LIBRARY: 'pictures',
  })
  reader = createReader(place, server)
})
after(() => place.drop())

test('a line that prints something else than it says fails', async () => {
  const right = await reader.bash(checked('X=2\necho $X$(printf "0\\\n0")  # 200\n'))
  assert.deepEqual(right, { code: 0, output: '' })
  const wrong = await reader.bash(checked('echo 500  # 200\necho more\n'))
  assert.deepEqual(wrong, { code: 1, output: 'expected 200, got 500 from: echo 500\n' })
})

test('the five minutes of the README work as they are pasted, from the first administrator to the last 401', async () => {
  const blocks = shellOf('README.md')
  const told = blocks.reduce((sum, block) => sum + claims(block), 0)
  assert.ok(told >= 30, `only ${told} lines say what they print`)
  const { code, output } = await reader.bash(blocks.map(checked).join('\n'))
  assert.equal(code, 0, output)
})

describe('the commands of docs/ work as they are pasted', { concurrency: true }, () => {
  for (const { path, blocks } of pages) {
    if (!path.startsWith('docs/') || !blocks.some(({ language }) => language === 'sh')) continue
    if (path in runElsewhere) continue
    test(path, async (t) => {
      const missing = missingFor(path)
      if (missing !== false) return t.skip(missing)
      const { code, output } = await reader.bash(scriptOf(path))
      assert.equal(code, 0, output)
    })
  }
})

test('every block is run, or is of a kind that is known not to be', () => {
  for (const [path, file] of Object.entries(runElsewhere))
    assert.ok(readFileSync(join(root, file), 'utf8').includes(`scriptOf('${path}')`), `${file} does not run ${path}`)
  for (const { path, blocks } of pages) {
    for (const { language, text } of blocks) {
      const isRun = language === 'sh' && (path === 'README.md' || path.startsWith('docs/'))
      assert.ok(isRun || language in notRun, `${path}: a block of kind "${language}" is not run`)
      if (language === 'ts') assert.doesNotThrow(() => stripTypeScriptTypes(text), path)
      if (language === 'json') assert.doesNotThrow(() => JSON.parse(text), path)
    }
  }
})

test('every relative link leads to a file, and its anchor to a heading', () => {
  const wrong: string[] = []
  for (const { path, text } of pages) {
    const prose = text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')
    for (const [, target = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [name = '', anchor] = target.split('#')
      const file = name === '' ? join(root, path) : resolve(root, dirname(path), name)
      const isThere = existsSync(file) && (anchor === undefined || anchorsOf(file).includes(anchor))
      if (!isThere) wrong.push(`${path}: ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

/** As forges make them of headings. */
function anchorsOf(file: string): readonly string[] {
  if (statSync(file).isDirectory()) return []
  return Array.from(readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('the generated pages are what the sources say', async () => {
  await promisify(execFile)(process.execPath, [join(root, 'tools/docs.ts'), '--check'])
})

test('docs/errors.md and the tables of errors agree both ways', () => {
  const rows = Array.from(page('docs/errors.md').text.matchAll(/^\| `(\w+)` \| (\d{3}) \| ([^|]+) \|/gm))
  const listed = new Map(rows.map(([, code = '', status, title]) => [code, `${status} ${title}`]))
  const codes = Object.keys(publicTexts) as ErrorCode[]
  assert.equal(rows.length, listed.size, 'a code is listed twice')
  assert.deepEqual([...listed.keys()].sort(), codes.map(wireCode).sort())
  for (const code of codes) assert.equal(listed.get(wireCode(code)), `${wire[code].status} ${publicTexts[code]}`)
})

test('every setting, verb, script and file that the texts name is there', () => {
  const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }
  const program = createProgram(io, () => {})
  const variables = new Set([...optionPaths.map(variableOf), 'CARDEA_CONFIG'])
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const wrong: string[] = []
  for (const { path, text } of pages) {
    const named = (pattern: RegExp) => Array.from(text.matchAll(pattern), ([, name = '']) => name)
    for (const name of named(/\b(CARDEA_[A-Z_]+[A-Z])\b(?!_)/g))
      if (!variables.has(name)) wrong.push(`${path}: ${name}`)
    for (const words of named(/npx --no (?:-- )?cardea ([a-z][a-z-]*(?: [a-z][a-z-]*)?)/g))
      if (!isVerb(program, words.split(' '))) wrong.push(`${path}: cardea ${words}`)
    for (const name of named(/\bnpm run ([a-z:-]+)/g)) if (!(name in scripts)) wrong.push(`${path}: npm run ${name}`)
    for (const name of named(/`((?:src|test|tools|docs|bin|examples)\/[\w./-]*)`/g))
      if (!existsSync(join(root, name))) wrong.push(`${path}: ${name}`)
  }
  assert.deepEqual(wrong, [])
})

function isVerb(parent: Command, [name = '', ...rest]: readonly string[]): boolean {
  const verb = parent.commands.find((each) => each.name() === name)
  if (verb === undefined) return false
  return verb.commands.length === 0 || rest[0] === undefined || isVerb(verb, rest)
}

test('every metric that the texts name is one that the server counts, and the other way round', async () => {
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  const counted = Array.from(metrics.matchAll(/^# TYPE (cardea_\w+)/gm), ([, name]) => name)
  const told = new Set(Array.from(page('docs/operations.md').text.matchAll(/`(cardea_[a-z_]+)`/g), ([, name]) => name))
  assert.deepEqual([...told].sort(), counted.sort())
})

test('every kind of audit event is documented, and no other', () => {
  const [, section = ''] = /^## Audit log\n(.*?)^## /ms.exec(page('docs/operations.md').text) ?? []
  const [, list = ''] = /The kinds:(.*)/s.exec(section) ?? []
  assert.deepEqual(
    Array.from(list.matchAll(/`([a-z-]+)`/g), ([, kind]) => kind),
    [...eventKinds],
  )
})

test('every dependency has a row that says why it is here', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const console = JSON.parse(readFileSync(join(root, 'ui/package.json'), 'utf8'))
  const record = page('docs/adr/0002-dependencies.md').text
  const packages = Object.keys({ ...dependencies, ...devDependencies, ...console.devDependencies }).map((name) =>
    name.replace(/^@types\/.*/, '@types/*'),
  )
  assert.deepEqual(
    packages.filter((name) => !record.includes(`\`${name}\``)),
    [],
  )
})

test('the texts promise nothing and speak of nobody', () => {
  const foreign = /\b(TODO|FIXME|TBD|XXX|coming soon|roadmap|stay tuned|issue #?\d+|pull request)\b/i
  for (const { path, text } of pages) assert.doesNotMatch(text, foreign, path)
})

test('blocks are found as they stand', () => {
  assert.deepEqual(blocksOf('a\n```sh\nb\n```\nc `d`\n```\ne\n```\n'), [
    { language: 'sh', text: 'b\n' },
    { language: '', text: 'e\n' },
  ])
})
