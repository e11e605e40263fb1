import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { CardeaError } from '../../errors.ts'
import { hasBody } from './answer.ts'
import { type Client, failureOf, isLost, type SentHeaders, type Wish } from './client.ts'

export interface Forwarding {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly client: Client
  readonly wish: Wish
  /** A caller that neither sends nor takes anything for so long is let go. */
  readonly idleMillis: number
  /** Names and values in turn. */
  readonly headersOf: (sent: SentHeaders) => string[]
  /** Nothing was answered yet, and this is why. */
  readonly fail: (error: CardeaError) => void
}

const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Both bodies flow as fast as the slower side takes them; nothing is kept. When one side goes, the other is let go.
 */
export function forward({ request, response, client, wish, idleMillis, headersOf, fail }: Forwarding): void {
  const withBody = hasBody(request)
  let sent: Dispatcher.DispatchController | null = null
  let isTimed = false

  const begin = (isSecond: boolean): void => {
    // When the rest of a body is not wanted any more, the caller is answered and not cut off. (undici takes what can be
    // iterated; its types do not say so.)
    const body = withBody ? (request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> & Readable) : null
    client.dispatch(
      { ...wish, body },
      {
        onRequestStart(controller) {
          sent = controller
          if (response.destroyed) controller.abort(new Error('the caller went away'))
        },
        onResponseStart(controller, status, headers) {
          if (status < 200) return
          if (status === 407) controller.abort(new CardeaError('upstream_failed', { internal: `status ${status}` }))
          else answer(status, headers)
        },
        onResponseData(controller, chunk) {
          if (!response.write(chunk)) hold(controller)
        },
        onResponseEnd() {
          response.end()
        },
        onResponseError(_, error) {
          // The service closed a connection that was kept at the moment at which it was used again.
          const mayRepeat = !isSecond && !withBody && isLost(error) && repeatable.has(wish.method)
          if (mayRepeat && !response.headersSent && !response.destroyed) begin(true)
          else giveUp(error)
        },
      },
    )
  }

  const answer = (status: number, sentHeaders: SentHeaders) => {
    const headers = headersOf(sentHeaders)
    // An answer before the body was all there: what comes of it now is nobody's next request.
    if (withBody && !request.complete) headers.push('Connection', 'close')
    response.writeHead(status, headers)
  }

  /** The caller takes less than the service gives. */
  const hold = (controller: Dispatcher.DispatchController) => {
    controller.pause()
    timeCaller()
    response.once('drain', () => controller.resume())
  }

  /** Whatever waits for the service is timed over there, and ends earlier. */
  const timeCaller = () => {
    if (isTimed) return
    isTimed = true
    response.setTimeout(idleMillis, () => response.destroy())
  }

  const giveUp = (error: Error) => {
    // A body that broke off must not look like one that ended.
    if (response.headersSent || response.destroyed) response.destroy()
    else fail(failureOf(error))
  }

  response.on('close', () => {
    if (!response.writableFinished) sent?.abort(new Error('the caller went away'))
  })
  if (withBody) timeCaller()
  begin(false)
}
