/** A cookie to set; `value: ''` with `maxAge: 0` clears it. */
export interface Cookie {
  readonly name: string
  readonly value: string
  /** Seconds; absent: until the browser closes. */
  readonly maxAge?: number
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly sameSite: 'Strict' | 'Lax' | 'None'
  readonly path: string
}

/** What a route answers: data, not a Response. `body` is sent as JSON unless it is text or bytes. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  /** Content-Type of a text or byte body; JSON bodies may name another JSON type. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: readonly Cookie[]
}

/**
 * `headers`: as a record where each name stands in it once and the reply adds none of its own. A Response takes either;
 * made of a record it is several times as fast to write.
 */
export function toResponse(reply: Reply, headers: Headers | Readonly<Record<string, string>>): Response {
  const { status, body, type } = reply
  const own = Object.entries(reply.headers ?? {})
  const all = own.length > 0 && !(headers instanceof Headers) ? new Headers(headers) : headers
  if (all instanceof Headers) for (const [name, value] of own) all.set(name, value)
  if (body === undefined) return new Response(null, { status, headers: all })
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const contentType = type ?? (raw ? 'text/plain; charset=utf-8' : 'application/json')
  const content = raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body)
  if (!(all instanceof Headers)) {
    return new Response(content, { status, headers: { ...all, 'Content-Type': contentType } })
  }
  all.set('Content-Type', contentType)
  return new Response(content, { status, headers: all })
}
