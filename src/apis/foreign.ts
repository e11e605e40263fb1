import { CardeaError } from '../errors.ts'
import { bodyTypeOf } from '../http/body.ts'
import type { Call } from './api.ts'

/**
 * Before anything is counted: otherwise a page elsewhere could use up the limits of whoever visits it. Forms are what a
 * browser sends without asking first; for JSON it asks, and only the pages of `corsOrigins` may.
 */
export function refuseForeignForms({ sameOrigin, request }: Pick<Call, 'sameOrigin' | 'request'>): void {
  if (sameOrigin !== 'foreign' || bodyTypeOf(request.headers.get('content-type'), ['json']) !== null) return
  throw new CardeaError('origin_refused', { internal: 'a sign-in form of a foreign page' })
}
