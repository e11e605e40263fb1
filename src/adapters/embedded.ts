import type { IncomingMessage, ServerResponse } from 'node:http'

/** What the mounts need of a Cardea that runs in the same program. */
export interface Embedded {
  /** Whether this URL is an address of Cardea's. */
  serves(url: string): boolean
  /** Answers what is at an address of Cardea's, and null for all else. TypeError when its body was read before. */
  handle(request: Request, bindings?: object): Promise<Response | null>
  /** The same for Node's own requests. What is not Cardea's goes to `next`, or is a 404 without one. A body that the host's parser has read is taken from `request.body`. */
  listener(request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void
}
