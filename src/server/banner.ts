import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { urlOf } from '../config/config.ts'

/** Of the package that runs, in a checkout and in the published one. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0'
}

/** What an operator sees first: where, with which data, in which mode. */
export function banner(config: Config): string {
  const listening = urlOf(config.host, config.port)
  const mails = config.smtp === null ? `files in ${config.dataDir}/outbox` : new URL(config.smtp.url).host
  const rows = [
    ['listening on', listening],
    ...(config.publicUrl === listening ? [] : [['public URL', config.publicUrl]]),
    ['data', `${config.dataDir} (${config.databaseUrl === null ? 'SQLite' : 'PostgreSQL'})`],
    ['mails', mails],
    ['mode', config.strict ? 'strict' : 'development (loopback only)'],
    ['how to get in', `${config.publicUrl}/api/help`],
    ...(config.http.console === null ? [] : [['console', `${config.publicUrl}/console`]]),
  ]
  return [`Cardea ${version()}`, ...rows.map(([name = '', value = '']) => `  ${name.padEnd(15)}${value}`), ''].join(
    '\n',
  )
}
