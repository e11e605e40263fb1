import { requires } from 'cardea/guard'
import { guardedPaths } from 'cardea/next'
import { guard } from './app/cardea'

/** Guards whole paths before any route runs. */
export const proxy = guardedPaths(guard, requires('users:read'))

export const config = { matcher: ['/people/:path*'] }
