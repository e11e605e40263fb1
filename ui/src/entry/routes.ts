import { type PageRoute, page } from '../shell/routes.ts'

/** Pages of people who are not signed in yet. */
export const entryRoutes: readonly PageRoute[] = [
  { path: '/sign-in', page: page(() => import('./sign-in-page.tsx'), 'SignInPage') },
]
