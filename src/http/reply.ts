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

export function toResponse(reply: Reply, headers: Headers): Response {
  for (const [name, value] of Object.entries(reply.headers ?? {})) headers.set(name, value)
  if (reply.body === undefined) return new Response(null, { status: reply.status, headers })
  const raw = typeof reply.body === 'string' || reply.body instanceof Uint8Array
  headers.set('Content-Type', reply.type ?? (raw ? 'text/plain; charset=utf-8' : 'application/json'))
  const body = raw ? (reply.body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(reply.body)
  return new Response(body, { status: reply.status, headers })
}
