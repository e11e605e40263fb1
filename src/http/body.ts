import { CardeaError } from '../errors.ts'

export type BodyType = 'json' | 'form' | 'multipart'

export const bodyTypes = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
} as const satisfies Record<BodyType, string>

/** Which of the types the request's Content-Type is, or null. */
export function bodyTypeOf(contentType: string | null, allowed: readonly BodyType[]): BodyType | null {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase()
  return allowed.find((each) => bodyTypes[each] === type) ?? null
}

const deepest = 32
/** More values than any request of ours has; walking them must stay cheap. */
const mostValues = 10_000
const mostPairs = 200

/** Reads at most `limit` bytes. Throws body_too_large; the rest is not read. */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(request.headers.get('content-length') ?? '0')
  if (announced > limit) throw new CardeaError('body_too_large', { extra: { limit_bytes: limit } })
  const refuseSize = (size: number) => {
    if (size > limit) throw new CardeaError('body_too_large', { extra: { limit_bytes: limit } })
  }
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // As long as it says, so it can be taken at once, which is much faster than in pieces.
    if (announced > 0) {
      const bytes = new Uint8Array(await request.arrayBuffer())
      refuseSize(bytes.byteLength)
      return bytes
    }
    if (request.body === null) return new Uint8Array()
    for await (const chunk of request.body) {
      size += chunk.byteLength
      refuseSize(size)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof CardeaError) throw cause
    // The caller hung up: nobody will read the answer, and it is no fault of ours.
    throw new CardeaError('body_malformed', { extra: { reason: 'The body ended early.' } })
  }
  return Buffer.concat(chunks)
}

function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new CardeaError('body_malformed', { cause, extra: { reason: 'The body is not UTF-8.' } })
  }
}

/** JSON (RFC 8259) in UTF-8. Throws body_malformed. */
export function parseJson(bytes: Uint8Array): unknown {
  const source = text(bytes)
  try {
    return JSON.parse(source)
  } catch (cause) {
    // V8's message quotes the body, which may hold a password: it must not leave.
    throw new CardeaError('body_malformed', {
      cause: (cause as Error).name,
      extra: { reason: 'The body is not JSON.' },
    })
  }
}

/** A field given twice is refused (RFC 6749, section 3.2), or the last one counts, as some contracts have it. */
export type Repeated = 'refused' | 'last'

/** `application/x-www-form-urlencoded` (URL standard, section 5). Throws body_malformed, request_invalid. */
export function parseForm(bytes: Uint8Array, repeated: Repeated = 'refused'): Record<string, string> {
  const source = text(bytes)
  if (/%(?![0-9A-Fa-f]{2})/.test(source))
    throw new CardeaError('body_malformed', { extra: { reason: 'The form has a broken percent-escape.' } })
  if (source.split('&', mostPairs + 1).length > mostPairs) throw tooManyFields()
  return collect(new URLSearchParams(source), repeated)
}

/**
 * `multipart/form-data` (RFC 7578), read by the platform from bytes whose number is bounded already. A file is no value
 * of any field of ours: it stands as an empty object, which every schema refuses. Throws body_malformed, request_invalid.
 */
export async function parseMultipart(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
  repeated: Repeated = 'refused',
): Promise<Record<string, string | object>> {
  let form: FormData
  try {
    form = await new Response(bytes, { headers: { 'Content-Type': contentType } }).formData()
  } catch (cause) {
    const reason = 'The body is not multipart/form-data with the boundary that its Content-Type names.'
    throw new CardeaError('body_malformed', { cause: (cause as Error).name, extra: { reason } })
  }
  const pairs = [...form].map(([name, value]) => [name, typeof value === 'string' ? value : {}] as const)
  if (pairs.length > mostPairs) throw tooManyFields()
  return collect(pairs, repeated)
}

function tooManyFields(): CardeaError {
  const message = `must not have more than ${mostPairs} fields`
  return new CardeaError('request_invalid', { fields: [{ field: 'body', message }] })
}

function collect<T>(pairs: Iterable<readonly [string, T]>, repeated: Repeated): Record<string, T> {
  const fields = new Map<string, T>()
  for (const [name, value] of pairs) {
    if (repeated === 'refused' && fields.has(name)) {
      const field = name.slice(0, 100).toWellFormed()
      throw new CardeaError('request_invalid', { fields: [{ field, message: 'is given twice' }] })
    }
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

/**
 * What no field of ours may hold: NUL, lone surrogates (they cannot be stored as UTF-8), numbers that JSON cannot say
 * again (`1e999` is read as Infinity and stored as null), keys that name JavaScript's own machinery, and nesting that only serves to exhaust. Throws request_invalid naming the field.
 */
export function refuseHostileValues(value: unknown): void {
  let values = 0
  const queue: { value: unknown; path: string; depth: number }[] = [{ value, path: '', depth: 0 }]
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    const { value, path, depth } = item
    values += 1
    if (values > mostValues)
      throw new CardeaError('request_invalid', {
        fields: [{ field: topOf(path), message: `must not hold more than ${mostValues} values` }],
      })
    if (typeof value === 'string') {
      const message = value.includes('\0')
        ? 'must not hold a NUL character'
        : value.isWellFormed()
          ? null
          : `must be valid Unicode, without U+${loneSurrogate(value)}`
      if (message !== null) throw new CardeaError('request_invalid', { fields: [{ field: path || 'body', message }] })
    } else if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new CardeaError('request_invalid', {
        fields: [{ field: path || 'body', message: 'is too large a number' }],
      })
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= deepest)
        throw new CardeaError('request_invalid', {
          fields: [{ field: topOf(path), message: `must not be nested deeper than ${deepest} levels` }],
        })
      for (const [key, child] of Object.entries(value)) {
        const below = path === '' ? key : `${path}.${key}`
        if (key === '__proto__' || key.includes('\0') || !key.isWellFormed())
          throw new CardeaError('request_invalid', {
            fields: [{ field: path || 'body', message: 'has a field with a name that is not allowed' }],
          })
        queue.push({ value: child, path: below, depth: depth + 1 })
      }
    }
  }
}

/** The first half of a pair that stands alone, as four digits. */
function loneSurrogate(text: string): string {
  const alone = [...text].find((character) => !character.isWellFormed()) ?? ''
  return alone.charCodeAt(0).toString(16).toUpperCase()
}

const topOf = (path: string): string => path.split('.', 1)[0] || 'body'
