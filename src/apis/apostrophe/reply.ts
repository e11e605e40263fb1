import type { Reply } from '../../http/reply.ts'

/** JSON as this contract's server labels it. Success is always 200, also where something was made. */
export function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body, type: 'application/json; charset=utf-8', headers }
}

export const ok = (body: object): Reply => json(200, body)

/** What a route answers that has nothing to say: 200 and no body. */
export const done: Reply = { status: 200, headers: { 'Content-Length': '0' } }
