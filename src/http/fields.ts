import type { ZodError, ZodType } from 'zod'
import { CardeaError, type FieldError } from '../errors.ts'

type Issue = ZodError['issues'][number]

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  )
}

/** Field names come from the caller; they are cut so that an answer cannot be blown up with them. */
const name = (path: readonly PropertyKey[]): string => path.map(String).join('.').slice(0, 100).toWellFormed() || 'body'

function errorsOf(issue: Issue, input: unknown): readonly FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, 10)
      .map((key) => ({ field: name([...issue.path, key]), message: 'is not a known field' }))
  }
  if (at(input, issue.path) === undefined && issue.path.length > 0)
    return [{ field: name(issue.path), message: 'is required' }]
  return [{ field: name(issue.path), message: issue.message }]
}

/** Validates `input`; throws request_invalid that names every wrong field and says what is right. */
export function validate<T>(schema: ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw new CardeaError('request_invalid', {
    fields: result.error.issues.flatMap((issue) => errorsOf(issue, input)).slice(0, 20),
  })
}
