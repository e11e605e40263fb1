import type { Reply } from '../../http/reply.ts'

/** JSON as this contract's server labels it. */
export function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body, type: 'application/json; charset=utf-8', headers }
}

export const success = (members: object = {}): Reply => json(200, { result: 'success', ...members })
export const created = (members: object): Reply => json(201, { result: 'created', ...members })
