import { pino } from 'pino'
import type { Log } from '../core/ports.ts'
import { redact, redactText } from './redact.ts'

export interface LogWish {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Where the lines go: standard output, or standard error for commands whose output is a document. */
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** JSON lines; on a terminal one readable line each. Whatever looks like a secret is struck out before it is written. */
export function createLog({ level, stream }: LogWish): Log {
  const readable = stream.isTTY === true
  const target = { write: (line: string) => void stream.write(readable ? humanLine(line) : line) }
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    target,
  )
  const at = (method: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) =>
    logger[method](redact(fields), redactText(message))
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function humanLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${plain(value)}`)
  return `${String(time).slice(11, 19)} ${String(level).toUpperCase().padEnd(5)} ${escaped(String(msg))}${details.join('')}\n`
}

function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : escaped(JSON.stringify(value) ?? '')
}

/** Nothing that came from outside moves the cursor or begins a line. */
function escaped(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
