/** What a host has to change whose middleware took a body and left nothing of it. */
export const bodyWasRead =
  'The body of this request was read before Cardea saw it, and nothing of it was kept. Mount Cardea before whatever reads bodies.'

export type Body = string | Uint8Array<ArrayBuffer> | URLSearchParams | FormData

/**
 * The body of a request that the host's parser has read, made again of what the parser made of it: bytes and texts as they
 * are, forms as forms, all else as JSON. Null: there is nothing of it.
 */
export function bodyAgain(parsed: unknown, contentType: string | null): Body | null {
  if (parsed === undefined || parsed === null) return null
  if (parsed instanceof Uint8Array) return new Uint8Array(parsed)
  if (typeof parsed === 'string') return parsed
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase()
  try {
    if (type === 'application/x-www-form-urlencoded') return filled(new URLSearchParams(), parsed)
    return type === 'multipart/form-data' ? filled(new FormData(), parsed) : JSON.stringify(parsed)
  } catch {
    // Nested too deeply to be said again: none of ours is, and the caller hears that as of any other.
    return ''
  }
}

function filled<F extends URLSearchParams | FormData>(form: F, fields: object): F {
  for (const [name, value] of Object.entries(fields)) for (const pair of fieldsOf(name, value)) form.append(...pair)
  return form
}

/** A field as it was sent; what a parser made a list or an object of, by the names with brackets that it came from. */
function fieldsOf(name: string, value: unknown): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) return value.flatMap((each) => fieldsOf(name, each))
  if (typeof value !== 'object' || value === null) return [[name, String(value)]]
  return Object.entries(value).flatMap(([key, child]) => fieldsOf(`${name}[${key}]`, child))
}

/** The same request with this body, of which it says only that there is one: how long it was is another matter. */
export function withBody(request: Request, body: Body): Request {
  const { url, method } = request
  const headers = new Headers(request.headers)
  for (const name of ['content-length', 'content-encoding']) headers.delete(name)
  headers.set('transfer-encoding', 'chunked')
  // The boundary is another one now.
  if (body instanceof FormData) headers.delete('content-type')
  return new Request(url, { method, headers, body })
}
