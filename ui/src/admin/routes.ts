import type { PageRoute } from '../shell/routes.ts'

/** Pages of administrators. Each names the scope of the calls that it makes first. */
export const adminRoutes: readonly PageRoute[] = []
