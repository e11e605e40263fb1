import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

/**
 * A contract may answer text without saying what it is. A Response always gets a Content-Type on its way out, so an empty
 * one stands for none and is dropped here. For `createServer({ ServerResponse: TypelessResponse })`.
 */
export class TypelessResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  override writeHead(status: number, ...rest: unknown[]): this {
    const headers = rest.at(-1) as OutgoingHttpHeaders | undefined
    if (typeof headers === 'object' && headers['content-type'] === '') delete headers['content-type']
    return super.writeHead(status, ...(rest as [OutgoingHttpHeaders?]))
  }
}
