import { type PageRoute, page } from '../shell/routes.ts'
import { common } from '../texts/common.ts'

export const callRoutes: readonly PageRoute[] = [
  {
    path: '/calls',
    page: page(() => import('./calls-page.tsx'), 'CallsPage'),
    nav: { group: 'api', label: common.nav.calls, icon: 'code' },
  },
]
