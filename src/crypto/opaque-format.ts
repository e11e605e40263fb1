/** `<session id>.<secret>`: the opaque bearer token or the session cookie's value. */
export interface OpaqueParts {
  readonly sessionId: string
  readonly secret: string
}

const shape = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/

export function parseOpaque(text: string): OpaqueParts | null {
  const [, sessionId, secret] = shape.exec(text) ?? []
  return sessionId === undefined || secret === undefined ? null : { sessionId, secret }
}
