import { type ClientRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { CardeaError } from '../../errors.ts'
import { failureOf } from './client.ts'

export interface Upgrading {
  readonly socket: Duplex
  /** What the caller sent already behind its request. */
  readonly head: Buffer
  readonly sent: ClientRequest
  readonly headersOf: (answer: IncomingMessage) => string[]
  /** The service took no WebSocket: what it said instead is not passed on. */
  readonly fail: (error: CardeaError) => void
}

/** Passes a WebSocket on once the service has taken it. Answers what cuts both sides. */
export function passSocket({ socket, head, sent, headersOf, fail }: Upgrading): () => void {
  let other: Duplex | null = null
  const cut = () => {
    socket.destroy()
    other?.destroy()
    sent.destroy()
  }
  sent.on('upgrade', (answer, upstream, rest) => {
    other = upstream
    // The time-out was for the handshake; a WebSocket may be silent for long.
    upstream.setTimeout(0)
    for (const side of [socket, upstream]) side.on('error', cut).on('close', cut)
    if (socket.destroyed) return cut()
    socket.write(headOf(answer, headersOf(answer)))
    if (rest.byteLength > 0) socket.write(rest)
    if (head.byteLength > 0) upstream.write(head)
    upstream.pipe(socket).pipe(upstream)
  })
  sent.on('response', ({ statusCode = 0 }) => {
    fail(
      statusCode === 404
        ? new CardeaError('not_found')
        : new CardeaError('upstream_failed', { internal: `no WebSocket: status ${statusCode}` }),
    )
    sent.destroy()
  })
  sent.on('error', (error) => {
    if (other === null) fail(failureOf(error))
    else cut()
  })
  socket.on('close', () => sent.destroy())
  sent.end()
  return cut
}

function headOf({ statusCode = 101 }: IncomingMessage, headers: readonly string[]): string {
  const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`, 'Connection: Upgrade', 'Upgrade: websocket']
  for (let at = 0; at + 1 < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
