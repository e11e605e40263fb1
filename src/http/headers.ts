import type { IncomingHttpHeaders } from 'node:http'

/** What is asked of a request's headers, in lower case. A header that came several times is one text, as in `Headers`. */
export interface HeaderReader {
  get(name: string): string | null
  has(name: string): boolean
}

/**
 * Over what Node has parsed already: a `Headers` object costs several times as much to make and to ask. The server has
 * to be made with `joinDuplicateHeaders`, or a second header of a name would be dropped unseen.
 */
export function nodeHeaders(headers: IncomingHttpHeaders): HeaderReader {
  return {
    get(name) {
      const value = headers[name]
      return typeof value === 'string' ? value : null
    },
    has: (name) => headers[name] !== undefined,
  }
}
