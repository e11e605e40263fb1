import type { FieldError } from '../errors.ts'
import type { ProblemCode } from './schema.ts'

/** Of the client itself: no answer came, or one that no Cardea gives. */
export type ClientCode = 'unreachable' | 'unexpected_answer'

/** Newer servers may know more codes than this client: compare, and have a branch for the rest. */
export type ErrorCode = ProblemCode | ClientCode | (string & Record<never, never>)

/** Members of a problem document (RFC 9457) that are not fields of the error. */
type Members = Readonly<Record<string, unknown>>

/** The one way in which calls fail. `message` is for people, `code` for programs. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ErrorCode
  /** HTTP status, or 0 when no answer came. */
  readonly status: number
  /** What to do about it, where the server says so. */
  readonly detail: string | null
  /** Which fields were wrong, and what is right. */
  readonly fields: readonly FieldError[]
  /** Seconds after which it makes sense to try again. */
  readonly retryAfter: number | null
  /** Find it in the log of the server with this. */
  readonly requestId: string | null
  /** The whole problem, with further members such as the missing `scope`. */
  readonly problem: Members

  constructor(
    code: ErrorCode,
    message: string,
    status: number,
    problem: Members = {},
    options: ClientErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = status
    this.detail = textOf(problem.detail)
    this.fields = Array.isArray(problem.errors) ? problem.errors.filter(isFieldError) : []
    this.retryAfter = options.retryAfter ?? null
    this.requestId = textOf(problem.request_id)
    this.problem = problem
  }
}

interface ClientErrorOptions {
  readonly retryAfter?: number | null
  readonly cause?: unknown
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

function isFieldError(value: unknown): value is FieldError {
  return isObject(value) && typeof value.field === 'string' && typeof value.message === 'string'
}

/** The members of a JSON body, or none. */
export async function readMembers(response: Response): Promise<Members> {
  try {
    const body: unknown = JSON.parse(await response.text())
    return isObject(body) ? body : {}
  } catch {
    return {}
  }
}

/** Reads an answer that is not a success: a problem document, or an error of OAuth (RFC 6749, section 5.2). */
export async function errorOf(response: Response): Promise<ClientError> {
  const problem = await readMembers(response)
  const code = textOf(problem.code) ?? textOf(problem.error) ?? 'unexpected_answer'
  const message =
    textOf(problem.title) ?? textOf(problem.error_description) ?? `The server answered ${response.status}.`
  const after = Number.parseInt(response.headers.get('Retry-After') ?? '', 10)
  return new ClientError(code, message, response.status, problem, { retryAfter: Number.isNaN(after) ? null : after })
}

/** JSON that broke off on its way, or that is none, is an error of the client: that of the platform quotes what it read. */
export async function demandWhole(response: Response): Promise<void> {
  if (!/[/+]json\b/i.test(response.headers.get('Content-Type') ?? '')) return
  const text = await response
    .clone()
    .text()
    .catch((cause: unknown) => {
      throw errorOfFetch(cause)
    })
  try {
    if (text !== '') JSON.parse(text)
  } catch {
    throw new ClientError('unexpected_answer', 'The answer is not JSON.', response.status)
  }
}

/** What `fetch` threw. A call that was aborted stays what it is. */
export function errorOfFetch(cause: unknown): unknown {
  const isLate = isObject(cause) && cause.name === 'TimeoutError'
  if (!isLate && !(cause instanceof TypeError)) return cause
  const message = isLate ? 'The server did not answer in time.' : 'The server cannot be reached.'
  return new ClientError('unreachable', message, 0, {}, { cause })
}
