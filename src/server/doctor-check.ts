import { lstat } from 'node:fs/promises'
import { ConfigError } from '../config/config-error.ts'
import { CardeaError } from '../errors.ts'

/** One thing that `doctor` looked at. */
export interface Check {
  readonly name: string
  readonly state: 'good' | 'note' | 'wrong'
  readonly message: string
}

export const good = (name: string, message: string): Check => ({ name, state: 'good', message })
export const note = (name: string, message: string): Check => ({ name, state: 'note', message })
export const wrong = (name: string, message: string): Check => ({ name, state: 'wrong', message })

export function reason(error: unknown): string {
  if (error instanceof CardeaError) return error.detail.internal ?? error.message
  if (error instanceof ConfigError) return error.problems.map(({ message }) => message).join('; ')
  return error instanceof Error ? error.message : 'something was thrown'
}

export async function lstatOrNull(path: string) {
  return lstat(path).catch(() => null)
}
