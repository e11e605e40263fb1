import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Made of `Headers`, or of a record of ours. */
const spellings = ['content-type', 'Content-Type'] as const

/**
 * A contract may answer text without saying what it is. A Response always gets a Content-Type on its way out, so an empty
 * one stands for none and is dropped here. For `createServer({ ServerResponse: TypelessResponse })`.
 */
export class TypelessResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  override writeHead(status: number, ...rest: unknown[]): this {
    const headers = rest.at(-1) as OutgoingHttpHeaders | undefined
    if (typeof headers === 'object') {
      for (const name of spellings) if (headers[name] === '') delete headers[name]
    }
    return super.writeHead(status, ...(rest as [OutgoingHttpHeaders?]))
  }
}
