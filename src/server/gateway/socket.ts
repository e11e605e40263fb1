import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { CardeaError } from '../../errors.ts'
import { type Client, failureOf, type SentHeaders, type Wish } from './client.ts'

export interface Upgrading {
  readonly socket: Duplex
  /** What the caller sent already behind its request. */
  readonly head: Buffer
  readonly client: Client
  readonly wish: Wish
  /** Names and values in turn. */
  readonly headersOf: (sent: SentHeaders) => string[]
  /** The service took no WebSocket: what it said instead is not passed on. */
  readonly fail: (error: CardeaError) => void
}

/** Passes a WebSocket on once the service has taken it. Answers what cuts both sides. */
export function passSocket({ socket, head, client, wish, headersOf, fail }: Upgrading): () => void {
  let other: Duplex | null = null
  let sent: Dispatcher.DispatchController | null = null
  const cut = () => {
    socket.destroy()
    other?.destroy()
    sent?.abort(new Error('the caller went away'))
  }
  // Nobody reads yet, and the end of what nobody reads is not seen. What comes early stays where it is.
  const lookForEnd = () => {
    if (socket.readableLength === 0) socket.read()
  }
  socket.on('close', cut).on('end', cut).on('readable', lookForEnd)
  client.dispatch(
    { ...wish, upgrade: 'websocket' },
    {
      onRequestStart(controller) {
        sent = controller
        if (socket.destroyed) cut()
      },
      onRequestUpgrade(_, status, headers, upstream) {
        other = upstream
        socket.off('end', cut).off('readable', lookForEnd)
        socket.on('error', cut)
        upstream.on('error', cut).on('close', cut)
        if (socket.destroyed) return cut()
        socket.write(headOf(status, headersOf(headers)))
        if (head.byteLength > 0) upstream.write(head)
        upstream.pipe(socket).pipe(upstream)
      },
      onResponseStart(controller, status) {
        if (status < 200) return
        controller.abort(
          status === 404
            ? new CardeaError('not_found')
            : new CardeaError('upstream_failed', { internal: `no WebSocket: status ${status}` }),
        )
      },
      onResponseError(_, error) {
        socket.off('readable', lookForEnd)
        if (other === null) fail(failureOf(error))
        else cut()
      },
    },
  )
  return cut
}

function headOf(status: number, headers: readonly string[]): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: Upgrade', 'Upgrade: websocket']
  for (let at = 0; at + 1 < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
