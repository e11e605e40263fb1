import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Source } from './source.ts'

/** Path, relative to the project and with slashes, to text. */
export type Files = ReadonlyMap<string, string>

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Ways along imports that come back to where they began. */
export function cycles(among: Source[]): string[] {
  const edges = new Map(among.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, way: string[]): void => {
    const start = way.indexOf(path)
    if (start !== -1) found.push([...way.slice(start), path].join(' -> '))
    if (start !== -1 || done.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...way, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}

/** Every file of the project that is text and is not made by anybody's tools. */
export function readProject(): Files {
  const skip = new Set(['.git', 'node_modules', 'dist', 'data', '.cache', 'coverage'])
  const files = new Map<string, string>()
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      // In a second working tree of git, `.git` is a file.
      if (skip.has(path) || ['node_modules', '.next'].includes(entry.name)) continue
      if (entry.isDirectory()) walk(path)
      const text = entry.isFile() ? readFileSync(join(ROOT, path), 'utf8') : '\0'
      if (!text.includes('\0')) files.set(path, text)
    }
  }
  walk('')
  return files
}
