import type { IncomingMessage, ServerResponse } from 'node:http'

/** What the mounts need of a Cardea that runs in the same program. */
export interface Embedded {
  /** Answers what is at an address of Cardea's, and null for all else. */
  handle(request: Request, bindings?: object): Promise<Response | null>
  /** The same for Node's own requests. What is not Cardea's goes to `next`, or is a 404 without one. */
  listener(request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void
}

/** What a host that reads bodies itself has to change. */
export const bodyWasRead =
  'The body of this request was read before Cardea saw it. Mount Cardea before whatever parses bodies.'
