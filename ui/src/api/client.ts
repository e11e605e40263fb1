/** A call that failed: `code` for programs, `message` in the server's words. */
export class CallError extends Error {
  override readonly name = 'CallError'
  readonly code: string
  readonly status: number
  readonly detail: string | null
  readonly fields: readonly { readonly field: string; readonly message: string }[]
  readonly retryAfter: number | null
  readonly problem: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    status: number,
    problem: Record<string, unknown>,
    retryAfter: number | null,
  ) {
    super(message)
    this.code = code
    this.status = status
    this.problem = problem
    this.detail = typeof problem.detail === 'string' ? problem.detail : null
    this.fields = Array.isArray(problem.errors) ? problem.errors : []
    this.retryAfter = retryAfter
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export interface Wish {
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly signal?: AbortSignal
}

/** One call with the session cookie. Throws CallError. */
export async function send<T>(method: Method, path: string, { body, query = {}, signal }: Wish = {}): Promise<T> {
  const url = new URL(path, location.origin)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value))
  let answer: Response
  try {
    answer = await fetch(url, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CallError('unreachable', 'The server cannot be reached.', 0, {}, null)
  }
  const text = await answer.text()
  let data: unknown
  try {
    data = text === '' ? undefined : JSON.parse(text)
  } catch {
    data = {}
  }
  if (answer.ok) return data as T
  const problem = (data ?? {}) as Record<string, unknown>
  const after = Number.parseInt(answer.headers.get('Retry-After') ?? '', 10)
  const title = typeof problem.title === 'string' ? problem.title : `The server answered ${answer.status}.`
  const code = typeof problem.code === 'string' ? problem.code : 'unexpected_answer'
  throw new CallError(code, title, answer.status, problem, Number.isNaN(after) ? null : after)
}
