import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { CardeaError } from '../../errors.ts'
import { hasBody, isShortBody } from './answer.ts'
import { failureOf } from './client.ts'

export interface Forwarding {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Begins the request to the service; again where a kept connection turned out to be dead. */
  readonly send: () => ClientRequest
  /** Names and values in turn. */
  readonly headersOf: (answer: IncomingMessage) => string[]
  /** Nothing was answered yet, and this is why. */
  readonly fail: (error: CardeaError) => void
}

const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Both bodies flow as fast as the slower side takes them; nothing is kept. When one side goes, the other is let go.
 */
export function forward({ request, response, send, headersOf, fail }: Forwarding): void {
  const withBody = hasBody(request)
  let sent: ClientRequest
  let answered = false

  const begin = (isSecond: boolean): void => {
    sent = send()
    sent.on('response', (answer) => {
      answered = true
      pass(answer)
    })
    sent.on('upgrade', (_, socket) => {
      socket.destroy()
      giveUp(new CardeaError('upstream_failed', { internal: 'an upgrade nobody asked for' }))
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      request.unpipe(sent)
      // Its answer stands for itself: that the rest of the body was not taken is no fault of it.
      if (answered) return
      // The service closed a connection that was kept at the moment at which it was used again.
      const isStale = sent.reusedSocket && error.code === 'ECONNRESET' && !withBody
      if (!isSecond && isStale && repeatable.has(request.method ?? '') && !response.destroyed) begin(true)
      else giveUp(failureOf(error))
    })
    if (!withBody) {
      sent.end()
      return
    }
    // The service may answer, or say no, before the body comes: it hears of it at once.
    if (!isShortBody(request)) sent.flushHeaders()
    request.pipe(sent)
  }

  const pass = (answer: IncomingMessage) => {
    const { statusCode = 502 } = answer
    if (statusCode === 407 || statusCode < 200)
      return giveUp(new CardeaError('upstream_failed', { internal: `status ${statusCode}` }))
    try {
      const headers = headersOf(answer)
      // An answer before the body was all there: what comes of it now is nobody's next request.
      if (withBody && !request.complete) headers.push('Connection', 'close')
      response.writeHead(statusCode, headers)
    } catch (error) {
      return giveUp(new CardeaError('upstream_failed', { cause: error, internal: 'headers that cannot be passed on' }))
    }
    answer.on('error', () => response.destroy())
    // A body that broke off must not look like one that ended.
    answer.on('close', () => answer.complete || response.destroy())
    answer.pipe(response)
  }

  const giveUp = (error: CardeaError) => {
    if (response.headersSent || response.destroyed) response.destroy()
    else fail(error)
    sent.destroy()
  }

  response.on('close', () => {
    if (!response.writableFinished) sent.destroy()
  })
  begin(false)
}
