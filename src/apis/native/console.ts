import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Asset, makeAsset } from '../../http/assets.ts'
import { type Coding, codings } from '../../http/encoding.ts'
import { escapeHtml, pageIcon } from '../../http/html.ts'

/*
 * The console as `npm run console` has built it: one page and its assets. All of it is read at once and kept, so that a
 * build that happens meanwhile cannot leave a page without its scripts.
 */

/** One file of the console, plain and as it was compressed when it was built. */
export interface ConsoleAsset {
  readonly plain: Asset
  readonly coded: ReadonlyMap<Coding, Asset>
}

export interface ConsoleFiles {
  /** The page, with the two things that are not the same for everybody still open. */
  page(nonce: string, facts: Readonly<Record<string, unknown>>): string
  /** By name; names that were not built do not exist, whatever they look like. */
  readonly assets: ReadonlyMap<string, ConsoleAsset>
}

/** Null while there is no build. */
export type LoadConsole = () => Promise<ConsoleFiles | null>

/** What the build makes; a file of any other kind is not served. */
const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
}
const endings: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' }

/** As they stand in ui/index.html. */
const nonceMark = '__NONCE__'
const factsMark = '__FACTS__'
const iconMark = '__ICON__'

/** Reads a build when it is first asked for. A folder without one is looked at again the next time. */
export function createConsole(folder: string): LoadConsole {
  let loaded: Promise<ConsoleFiles | null> | null = null
  return async () => {
    loaded ??= load(folder)
    const files = await loaded.catch((error) => {
      loaded = null
      throw error
    })
    if (files === null) loaded = null
    return files
  }
}

async function load(folder: string): Promise<ConsoleFiles | null> {
  const template = await readFile(join(folder, 'index.html'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (template === null) return null
  const names = await readdir(join(folder, 'assets'))
  const read = (name: string, type: string) => readFile(join(folder, 'assets', name)).then((b) => makeAsset(type, b))
  const assets = new Map<string, ConsoleAsset>()
  for (const name of names) {
    const type = types[name.slice(name.lastIndexOf('.') + 1)]
    if (type === undefined) continue
    const coded = new Map<Coding, Asset>()
    for (const coding of codings)
      if (names.includes(name + endings[coding])) coded.set(coding, await read(name + endings[coding], type))
    assets.set(name, { plain: await read(name, type), coded })
  }
  const page = (nonce: string, facts: Readonly<Record<string, unknown>>) =>
    template
      .replaceAll(nonceMark, () => nonce)
      .replace(factsMark, () => escapeHtml(JSON.stringify(facts)))
      .replace(iconMark, () => pageIcon)
  return { page, assets }
}

/**
 * Nothing inline runs. Styles carry the nonce of the answer: the components write rules of their own. Pictures as data
 * are the QR code of a second factor.
 */
export function consolePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
