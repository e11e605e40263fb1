import { connect } from 'node:net'
import { mutate } from './mutate.ts'
import { createRandom, type Random } from './random.ts'
import { type Corpus, type FuzzedRequest, nextRequest } from './requests.ts'
import type { FuzzedServer } from './server.ts'

export interface Outcome {
  /** Answers by status; 0: the connection was closed without an answer. */
  readonly statuses: ReadonlyMap<number, number>
  /** Requests that were answered in a way that must not be, with what is needed to repeat them. */
  readonly faults: readonly string[]
}

export interface DriveWish {
  readonly count: number
  readonly seed: number
  readonly corpus: Corpus
  readonly server: FuzzedServer
  /** Requests on their way at a time. */
  readonly width?: number
  /** Told after each thousand. */
  readonly onThousand?: (done: number) => void
}

const env = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }
/** A header value that `fetch` lets pass: no NUL, CR or LF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsendable = /[\x00\r\n]/g
const enough = 20

function collector() {
  const statuses = new Map<number, number>()
  const faults: string[] = []
  return {
    statuses,
    faults,
    count: (status: number) => void statuses.set(status, (statuses.get(status) ?? 0) + 1),
    fault(text: string) {
      if (faults.length < enough) faults.push(text.slice(0, 4000))
    },
  }
}

/** Runs `one` for 0 to count - 1, `width` side by side. */
async function inLanes(count: number, width: number, one: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await one(index)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

function toRequest({ method, path, headers, body }: FuzzedRequest, base: string): Request | null {
  const list = new Headers()
  try {
    for (const [name, value] of headers) list.append(name, value.replace(unsendable, ''))
    const url = new URL(base + path.replace(unsendable, ''))
    // What the parser of addresses made of it may be another host: that is no request to us.
    if (url.origin !== base) return null
    return new Request(url, {
      method,
      headers: list,
      ...(body === undefined ? {} : { body: Buffer.from(body, 'latin1') }),
    })
  } catch {
    return null
  }
}

/** In process: what a request that HTTP lets through meets. Requests that cannot be made are made again. */
export async function driveApp({ count, seed, corpus, server, width = 8, onThousand }: DriveWish): Promise<Outcome> {
  const random = createRandom(seed)
  const { statuses, faults, count: tally, fault } = collector()
  const make = (): { readonly made: FuzzedRequest; readonly request: Request } => {
    for (;;) {
      const made = nextRequest(random, corpus, server.url)
      const request = toRequest(made, server.url)
      if (request !== null) return { made, request }
    }
  }
  await inLanes(count, width, async (index) => {
    const { made, request } = make()
    try {
      const response = await server.cardea.fetch(request, env)
      const text = await response.text()
      tally(response.status)
      const wrong = wrongWith(response.status, response.headers.get('content-type') ?? '', text)
      if (wrong !== null) fault(`seed ${seed}, request ${index}: ${wrong}: ${JSON.stringify(made)}`)
    } catch (error) {
      fault(
        `seed ${seed}, request ${index}: threw ${error instanceof Error ? error.stack : error}: ${JSON.stringify(made)}`,
      )
    }
    if ((index + 1) % 1000 === 0) onThousand?.(index + 1)
  })
  return { statuses, faults }
}

/** What one of the contracts answers in place of a document. */
const bareWords: readonly string[] = ['Unauthorized', 'Bad Request']

/** What no answer may be, or null. */
function wrongWith(status: number, type: string, text: string): string | null {
  if (status >= 500 || status < 200) return `status ${status}: ${text}`
  if (status >= 400 && text !== '' && !bareWords.includes(text) && !/json/.test(type))
    return `a ${status} of type ${type}`
  if (/node_modules|\.ts:\d|SQLITE|\n\s+at /.test(text)) return `an answer that tells how we are built: ${text}`
  return null
}

function toBytes({ method, path, headers, body = '' }: FuzzedRequest, host: string, random: Random): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`
  const whole = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${length}${lines}\r\n${body}`
  // One in four is damaged as a whole: request line, header names, line ends.
  return Buffer.from(random.once(4) ? mutate(whole, random, [lines, path]) : whole, 'latin1')
}

/** Over a socket: bytes that no client library would send. */
export async function driveSocket({
  count,
  seed,
  corpus,
  server,
  width = 16,
  onThousand,
}: DriveWish): Promise<Outcome> {
  const random = createRandom(seed)
  const { statuses, faults, count: tally, fault } = collector()
  await inLanes(count, width, async (index) => {
    const bytes = toBytes(nextRequest(random, corpus, server.url), new URL(server.url).host, random)
    const answer = await exchange(server.port, bytes)
    const repeat = () => `seed ${seed}, request ${index}: ${JSON.stringify(bytes.toString('latin1'))}`
    if (answer === null) fault(`no end of the connection in 10 s: ${repeat()}`)
    else {
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? '0')
      tally(status)
      if (status >= 500) fault(`${repeat()}: ${answer.slice(0, 500)}`)
      if (answer !== '' && status === 0) fault(`no HTTP: ${answer.slice(0, 200)}: ${repeat()}`)
    }
    if ((index + 1) % 1000 === 0) onThousand?.(index + 1)
  })
  return { statuses, faults }
}

/** Sends, ends its side, reads to the end. Null when the server does not let go. */
export function exchange(port: number, bytes: Buffer): Promise<string | null> {
  return new Promise((done) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.end(bytes))
    socket.setTimeout(10_000, () => {
      socket.destroy()
      done(null)
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    // A server that refuses early closes while we still send.
    socket.on('error', () => done(Buffer.concat(chunks).toString('latin1')))
    socket.on('close', () => done(Buffer.concat(chunks).toString('latin1')))
  })
}
