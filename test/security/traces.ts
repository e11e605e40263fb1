import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runSql } from '../support/sql.ts'
import type { TestDatabase } from '../support/store.ts'

/** What a run used and what must not be found again, with what it was. */
export interface Secrets {
  /** Adds a secret and the parts of it that are secret on their own. */
  add(what: string, text: string | undefined): string
  readonly all: ReadonlyMap<string, string>
}

export function createSecrets(): Secrets {
  const all = new Map<string, string>()
  return {
    all,
    add(what, text) {
      if (text === undefined || text.length < 6) throw new TypeError(`${what} is no secret: ${text}`)
      all.set(text, what)
      // `<id>[.<generation>].<secret>`, a JWT, `cardea_<id>_<secret><checksum>`, `name=value`: the id alone is public.
      const parts = text.split(/[._=]/).filter((part) => part.length >= 32 && !/^[0-9a-f-]{36}$/.test(part))
      for (const part of parts) all.set(part, `a part of ${what}`)
      return text
    },
  }
}

/** The ways in which a secret could have been written. */
function formsOf(secret: string): readonly Buffer[] {
  const texts = new Set<string>([secret])
  // Six digits are too few to be told from other numbers in other notations.
  if (!/^\d{6}$/.test(secret)) {
    const bytes = Buffer.from(secret)
    texts.add(encodeURIComponent(secret))
    texts.add(JSON.stringify(secret).slice(1, -1))
    texts.add(secret.normalize('NFKC').toLowerCase())
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      texts.add(bytes.toString(encoding).replace(/=+$/, ''))
  }
  const forms = [...texts].map((text) => Buffer.from(text))
  if (/^([0-9a-f]{2}){16,}$/i.test(secret)) forms.push(Buffer.from(secret, 'hex'))
  return forms
}

/** Which of the secrets stand in it, by what they are. A code of six digits counts only where it stands alone. */
export function findIn(place: string | Buffer, { all }: Secrets): readonly string[] {
  const bytes = typeof place === 'string' ? Buffer.from(place) : place
  const found: string[] = []
  for (const [secret, what] of all) {
    const isCode = /^\d{6}$/.test(secret)
    const there = isCode
      ? new RegExp(`(?<![\\w.-])${secret}(?![\\w.-])`).test(bytes.toString('latin1'))
      : formsOf(secret).some((form) => bytes.includes(form))
    if (there) found.push(what)
  }
  return found
}

/** All rows of all tables as text: a value that the engine cut over two pages is whole here. */
export async function dump(database: TestDatabase): Promise<string> {
  const tables =
    database.engine === 'sqlite'
      ? await runSql(database, "select name from sqlite_master where type = 'table'")
      : await runSql(database, 'select tablename as name from pg_tables where schemaname = current_schema()')
  const rows: string[] = []
  for (const { name } of tables) {
    for (const row of await runSql(database, `select * from "${String(name)}"`)) {
      // No value is written in another notation, as JSON would do.
      rows.push(`${String(name)}: ${Object.values(row).map(String).join(' | ')}`)
    }
  }
  return rows.join('\n')
}

/** Every file below a folder but those that are named. */
export function filesBelow(folder: string, except: readonly string[]): readonly { path: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !except.some((name) => path.startsWith(join(folder, name))))
    .map((path) => ({ path, bytes: readFileSync(path) }))
}
