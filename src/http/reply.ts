/** A cookie to set; `value: ''` with `maxAge: 0` clears it. */
export interface Cookie {
  readonly name: string
  readonly value: string
  /** Seconds; absent: until the browser closes. */
  readonly maxAge?: number
  readonly httpOnly: boolean
  readonly secure: boolean
  /** Absent: the browser's own default. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None'
  readonly path: string
}

/** What a route answers: data, not a Response. `body` is sent as JSON unless it is text, bytes or a stream of bytes. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  /** Content-Type of a body of text or bytes; JSON bodies may name another JSON type. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: readonly Cookie[]
}

/**
 * `headers`: what the answer has beside the reply's own; a record where no name comes twice. A Response takes either, and
 * made of a record it is several times as fast to write. It becomes the Response's.
 */
export function toResponse(reply: Reply, headers: Headers | Record<string, string>): Response {
  const { status, body } = reply
  // All of ours spell a header's name in one way, so the reply's own takes the place of the other.
  const all = headers instanceof Headers ? headers : { ...headers, ...reply.headers }
  if (all instanceof Headers) {
    for (const [name, value] of Object.entries(reply.headers ?? {})) all.set(name, value)
  }
  if (body === undefined) return new Response(null, { status, headers: all })
  const raw = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream
  const type = reply.type ?? (raw ? 'text/plain; charset=utf-8' : 'application/json')
  if (all instanceof Headers) all.set('Content-Type', type)
  else all['Content-Type'] = type
  const content = raw ? (body as string | Uint8Array<ArrayBuffer> | ReadableStream) : JSON.stringify(body)
  return new Response(content, { status, headers: all })
}
