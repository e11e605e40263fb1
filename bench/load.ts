/*
 * A load generator of our own: keep-alive connections, one request at a time on each, over plain sockets. Run as a
 * process: `node load.ts '<wish>'` prints what it found as JSON.
 */
import { connect, type Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { percentile } from './results.ts'

export interface LoadWish {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Further headers, one set in turn for each request. */
  readonly headerSets?: readonly Readonly<Record<string, string>>[]
  /** One of them in turn for each request. */
  readonly bodies?: readonly string[]
  readonly connections: number
  readonly seconds: number
  /**
   * Requests a second over all connections; absent: as fast as they are answered. Latency is counted from the moment at
   * which a request was due, so that a server that stalls cannot hide it by being asked less.
   */
  readonly rate?: number
}

export interface Load {
  /** Answers a second with a status of 2xx. */
  readonly rate: number
  /** Answers by status, `broken` for connections that ended. */
  readonly statuses: Readonly<Record<string, number>>
  readonly p50Millis: number
  readonly p99Millis: number
  readonly maxMillis: number
}

interface Connection {
  readonly socket: Socket
  send(bytes: string, done: (status: number) => void): void
}

/** Only what our servers answer with: Content-Length or chunked bodies. */
function answerEnd(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return -1
  const head = text.slice(0, headEnd).toLowerCase()
  const body = headEnd + 4
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
  if (length !== undefined) return text.length >= body + Number(length) ? body + Number(length) : -1
  if (!head.includes('\r\ntransfer-encoding: chunked')) return body
  const last = text.indexOf('0\r\n\r\n', body)
  return last < 0 ? -1 : last + 5
}

function open(host: string, port: number, broken: () => void): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    let text = ''
    let waiting: ((status: number) => void) | null = null
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
      const end = answerEnd(text)
      if (end < 0 || waiting === null) return
      const status = Number(text.slice(9, 12))
      text = text.slice(end)
      const done = waiting
      waiting = null
      done(status)
    })
    socket.once('error', reject)
    socket.once('close', () => waiting !== null && broken())
    socket.once('connect', () =>
      resolve({
        socket,
        send(bytes, done) {
          waiting = done
          socket.write(bytes, 'latin1')
        },
      }),
    )
  })
}

/** Puts load on one address for some seconds. */
export async function runLoad(wish: LoadWish): Promise<Load> {
  const { url, method = 'GET', headers = {}, headerSets = [], bodies = [], connections, seconds, rate } = wish
  const { hostname, port, host, pathname, search } = new URL(url)
  const lines = (set: Readonly<Record<string, string>>) =>
    Object.entries(set)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
  const starts = (headerSets.length === 0 ? [{}] : headerSets).map(
    (set) => `${method} ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${lines(headers)}${lines(set)}`,
  )
  const requests = starts.flatMap((start) =>
    bodies.length === 0
      ? [`${start}\r\n`]
      : bodies.map((body) => `${start}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  )

  const statuses: Record<string, number> = {}
  const latencies: number[] = []
  const count = (status: number | 'broken') => {
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  const open1 = () => open(hostname, Number(port), () => count('broken'))
  const pool = await Promise.all(Array.from({ length: connections }, open1))
  const begun = performance.now()
  const end = begun + seconds * 1000
  let sent = 0
  const one = (connection: Connection, due: number): Promise<void> =>
    new Promise((resolve) => {
      const bytes = requests[sent++ % requests.length] ?? ''
      connection.send(bytes, (status) => {
        latencies.push(performance.now() - due)
        count(status)
        resolve()
      })
    })

  const closedLoop = async (connection: Connection) => {
    while (performance.now() < end) await one(connection, performance.now())
  }
  const paced = async (connection: Connection, index: number, perSecond: number) => {
    const gap = (1000 * connections) / perSecond
    for (let due = begun + (gap * index) / connections; due < end; due += gap) {
      while (performance.now() < due) await pause(due - performance.now())
      await one(connection, due)
    }
  }
  const cut = new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000 + 3000).unref())
  const work = pool.map((each, index) => (rate === undefined ? closedLoop(each) : paced(each, index, rate)))
  await Promise.race([Promise.all(work), cut])
  const took = (performance.now() - begun) / 1000
  for (const { socket } of pool) socket.destroy()
  const good = Object.entries(statuses).reduce((sum, [status, times]) => sum + (status.startsWith('2') ? times : 0), 0)
  return {
    rate: good / took,
    statuses,
    p50Millis: percentile(latencies, 50),
    p99Millis: percentile(latencies, 99),
    maxMillis: percentile(latencies, 100),
  }
}

/** Timers are a millisecond coarse; the last bit is waited for turn by turn. */
function pause(millis: number): Promise<void> {
  return new Promise((resolve) => (millis > 2 ? setTimeout(resolve, millis - 1.5) : setImmediate(resolve)))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const result = await runLoad(JSON.parse(process.argv[2] ?? '{}'))
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
