import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Io } from './output.ts'
import { UsageError } from './usage.ts'

const MAX_BYTES = 64 * 1024

/** A password from standard input (one line, its end is dropped) or from a prompt without echo. Never from an argument. */
export async function readPassword(io: Io, fromStdin: boolean, who: string): Promise<string> {
  if (fromStdin) return firstLine(io.stdin)
  if (!io.stdin.isTTY) throw new UsageError('no terminal to ask for the password: pipe it in with --password-stdin')
  const password = await ask(io, `Password for ${who}: `)
  if ((await ask(io, 'Once more: ')) !== password) throw new UsageError('the two passwords differ')
  return password
}

async function firstLine(stdin: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string)
    size += bytes.length
    if (size > MAX_BYTES) throw new UsageError('what came in on standard input is too long for a password')
    chunks.push(bytes)
  }
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString('utf8').replace(/\r?\n$/, '')
  if (text === '') throw new UsageError('standard input holds no password')
  if (/[\r\n]/.test(text)) throw new UsageError('standard input holds more than one line')
  return text
}

async function ask({ stdin, stderr }: Io, question: string): Promise<string> {
  // readline echoes what is typed to its output: this one swallows it.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silent, terminal: true })
  stderr.write(question)
  try {
    return await new Promise<string>((done, fail) => {
      lines.once('SIGINT', () => fail(new UsageError('interrupted')))
      lines.once('close', () => fail(new UsageError('no answer was given')))
      lines.question('').then(done, fail)
    })
  } finally {
    stderr.write('\n')
    lines.close()
  }
}

/** A yes for what cannot be undone: `--yes`, or typed at a terminal. */
export async function confirm(io: Io, yes: boolean, question: string): Promise<void> {
  if (yes) return
  if (!io.stdin.isTTY) throw new UsageError(`${question} Say --yes to do it without being asked`)
  const lines = createInterface({ input: io.stdin, output: io.stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('not done')
  } finally {
    lines.close()
  }
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, y: 365 * 86_400_000 }

/** `90d`, `12h`, `1y`, or a date such as 2030-01-31; `never` is null. */
export function readExpiry(text: string, now: number): number | null {
  if (text === 'never') return null
  const [, amount = '', unit = ''] = /^(\d{1,5})([mhdy])$/.exec(text) ?? []
  const at = unit === '' ? readDate(text) : now + Number(amount) * (units[unit] ?? Number.NaN)
  if (!Number.isSafeInteger(at) || at <= now)
    throw new UsageError(`--expires must be a time to come such as 90d, 12h or 2030-01-31`)
  return at
}

function readDate(text: string): number {
  return /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN
}
