import { type PageRoute, page } from '../shell/routes.ts'
import { common } from '../texts/common.ts'

export const accountRoutes: readonly PageRoute[] = [
  {
    path: '/',
    page: page(() => import('./overview-page.tsx'), 'OverviewPage'),
    nav: { group: 'account', label: common.nav.overview, icon: 'account' },
  },
]
