import { type PageRoute, page } from '../shell/routes.ts'
import { common } from '../texts/common.ts'

const { nav } = common

export const accountRoutes: readonly PageRoute[] = [
  {
    path: '/',
    page: page(() => import('./overview-page.tsx'), 'OverviewPage'),
    nav: { group: 'account', label: nav.overview, icon: 'home' },
  },
  {
    path: '/profile',
    page: page(() => import('./profile-page.tsx'), 'ProfilePage'),
    nav: { group: 'account', label: nav.profile, icon: 'account' },
  },
  {
    path: '/security',
    page: page(() => import('./security-page.tsx'), 'SecurityPage'),
    nav: { group: 'account', label: nav.security, icon: 'shield' },
  },
  {
    path: '/sessions',
    page: page(() => import('./sessions-page.tsx'), 'SessionsPage'),
    nav: { group: 'account', label: nav.sessions, icon: 'device' },
  },
  {
    path: '/activity',
    page: page(() => import('./activity-page.tsx'), 'ActivityPage'),
    nav: { group: 'account', label: nav.activity, icon: 'list' },
  },
  {
    path: '/tokens',
    page: page(() => import('./tokens-page.tsx'), 'TokensPage'),
    nav: { group: 'api', label: nav.tokens, icon: 'token' },
    needs: 'tokens:read',
  },
  {
    path: '/keys',
    page: page(() => import('./keys-page.tsx'), 'KeysPage'),
    nav: { group: 'api', label: nav.keys, icon: 'key' },
    needs: 'keys:read',
  },
]
