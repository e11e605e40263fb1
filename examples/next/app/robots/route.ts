import { accepts } from 'cardea/guard'
import { guarded } from 'cardea/next'
import { guard } from '../cardea'

export const GET = guarded(guard, accepts('api-key'), (_request, { principal }) =>
  Response.json({ key: principal.keyId }),
)
