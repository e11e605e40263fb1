import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Block {
  readonly language: string
  readonly text: string
}

export interface Page {
  /** From the project's folder, with slashes. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

const skipped = new Set(['node_modules', '.git', 'dist', 'data', '.cache', 'coverage'])

/** Every Markdown file of the project. */
export function readPages(): readonly Page[] {
  const walk = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(path)
      return entry.isFile() && path.endsWith('.md') ? [path] : []
    })
  return walk('').map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return { path, text, blocks: blocksOf(text) }
  })
}

/** The fenced blocks, in order. */
export function blocksOf(text: string): readonly Block[] {
  return Array.from(text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms), ([, language = '', block = '']) => ({
    language,
    text: block,
  }))
}

/** What a line is said to print: `command  # value`, two blanks or more before the sign, one word after it. */
const said = /^(.*\S) {2,}# (\S+)$/s

/** Counts the lines of a block that say what they print. */
export function claims(block: string): number {
  return logicalLines(block).filter((line) => said.test(line)).length
}

/** A bash script that runs the block and fails at the first line that prints something else than it says. */
export function checked(block: string): string {
  const lines = logicalLines(block).map((line) => {
    const [, command, value] = said.exec(line) ?? []
    return command === undefined ? line : `expect '${value}' ${quoted(command)} "$(\n${command}\n)"`
  })
  return `${lines.join('\n')}\n`
}

export const expectFunction = `expect() {
  test "$3" = "$1" || { printf 'expected %s, got %s from: %s\\n' "$1" "$3" "$2" >&2; exit 1; }
}
`

/** Lines as a shell sees them: a backslash at the end joins the next one. */
function logicalLines(block: string): readonly string[] {
  return block.replace(/\n$/, '').split(/(?<!\\)\n/)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
