/** A small client for whole-server tests. Redirects are not followed; bodies are read as what they say they are. */
export interface Wish {
  readonly token?: string
  readonly basic?: readonly [name: string, password: string]
  readonly apiKey?: string
  readonly cookie?: string
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly raw?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

/** Bodies of answers are poked at freely: every member exists as far as the types are concerned, and is text or more. */
export type Body = string & { readonly [member: string]: Body }

/** The members of a list in an answer. */
export function list(body: Body | undefined): readonly Body[] {
  return body as unknown as readonly Body[]
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly type: string
  /** Parsed JSON, text, or undefined when there is none. */
  readonly body: Body
  readonly text: string
}

export type Send = (method: string, path: string, wish?: Wish) => Promise<Answered>

export function createClient(url: string, check: (method: string, path: string, answered: Answered) => void): Send {
  return async (method, path, wish = {}) => {
    const headers = new Headers(wish.headers)
    if (wish.token !== undefined) headers.set('Authorization', `Bearer ${wish.token}`)
    if (wish.basic !== undefined)
      headers.set('Authorization', `Basic ${Buffer.from(wish.basic.join(':')).toString('base64')}`)
    if (wish.apiKey !== undefined) headers.set('X-API-Key', wish.apiKey)
    if (wish.cookie !== undefined) headers.set('Cookie', wish.cookie)
    if (wish.json !== undefined) headers.set('Content-Type', 'application/json')
    if (wish.form !== undefined) headers.set('Content-Type', 'application/x-www-form-urlencoded')
    const body =
      wish.json !== undefined
        ? JSON.stringify(wish.json)
        : wish.form !== undefined
          ? new URLSearchParams(wish.form).toString()
          : wish.raw
    const response = await fetch(new URL(path, url), {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const answered: Answered = {
      status: response.status,
      headers: response.headers,
      type,
      text,
      body: (text === '' ? undefined : /[/+]json\b/.test(type) ? JSON.parse(text) : text) as Body,
    }
    check(method, new URL(path, url).pathname, answered)
    return answered
  }
}
