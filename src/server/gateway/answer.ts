import { type IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { endSoon } from '../end-soon.ts'

/** Whether a body follows the head of a request. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

const short = 65_536

/** A body that comes whole, or nearly, with the head: nothing waits for it, and reading all of it costs nothing. */
const isShortBody = ({ headers }: IncomingMessage): boolean =>
  headers.expect === undefined && Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= short

/** Writes an answer of our own. */
export async function writeAnswer(request: IncomingMessage, response: ServerResponse, answer: Response): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer())
  if (response.destroyed || response.headersSent) return
  const headers = [...answer.headers].flat()
  // What is left of a long body is not read: the connection ends instead.
  if (hasBody(request) && !request.complete && !isShortBody(request)) headers.push('Connection', 'close')
  if (!answer.headers.has('content-length') && answer.status !== 204)
    headers.push('Content-Length', String(body.byteLength))
  response.writeHead(answer.status, headers)
  response.end(request.method === 'HEAD' ? undefined : body)
}

/**
 * For a caller that asked for a WebSocket and gets an ordinary answer. Null: nothing can be answered, since an earlier
 * request on this connection waits for its own answer.
 */
export function responseOver(request: IncomingMessage, socket: Duplex): ServerResponse | null {
  if (!(socket instanceof Socket) || socket.destroyed) return null
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  try {
    response.assignSocket(socket)
  } catch {
    return null
  }
  // Nobody else reads on: what still comes must not keep the end of it from being seen.
  response.on('finish', () => endSoon(socket.resume()))
  return response
}
