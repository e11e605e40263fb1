import type { IncomingMessage, ServerResponse } from 'node:http'

/** Whether a body follows the head of a request. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

const short = 65_536

/** A body that comes whole, or nearly, with the head: nothing waits for it, and reading all of it costs nothing. */
export const isShortBody = ({ headers }: IncomingMessage): boolean =>
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
