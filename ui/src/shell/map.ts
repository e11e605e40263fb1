import { accountRoutes } from '../account/routes.ts'
import { adminRoutes } from '../admin/routes.ts'
import { callRoutes } from '../calls/routes.ts'
import type { PageRoute } from './routes.ts'

/** All pages of people who are signed in. */
export const signedInRoutes: readonly PageRoute[] = [...accountRoutes, ...callRoutes, ...adminRoutes]
