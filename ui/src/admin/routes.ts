import { type PageRoute, page } from '../shell/routes.ts'
import { adminNav as nav } from '../texts/admin-nav.ts'

const people = () => import('./users-page.tsx')
const making = () => import('./new-user-page.tsx')
const one = () => import('./user-page.tsx')

/** Pages of administrators. Each names the scope of the calls that it makes first. */
export const adminRoutes: readonly PageRoute[] = [
  {
    path: '/admin/users',
    page: page(people, 'UsersPage'),
    nav: { group: 'admin', label: nav.users, icon: 'users' },
    needs: 'users:read',
  },
  { path: '/admin/users/new', page: page(making, 'NewUserPage'), needs: 'users:write' },
  { path: '/admin/users/invite', page: page(making, 'InvitePage'), needs: 'users:write' },
  { path: '/admin/users/:id', page: page(one, 'UserPage'), needs: 'users:read' },
  {
    path: '/admin/services',
    page: page(people, 'ServicesPage'),
    nav: { group: 'admin', label: nav.services, icon: 'robot' },
    needs: 'users:read',
  },
  { path: '/admin/services/new', page: page(making, 'NewServicePage'), needs: 'users:write' },
  { path: '/admin/services/:id', page: page(one, 'UserPage'), needs: 'users:read' },
  {
    path: '/admin/credentials',
    page: page(() => import('./credentials-page.tsx'), 'CredentialsPage'),
    nav: { group: 'admin', label: nav.credentials, icon: 'key' },
    needs: 'users:read',
  },
  {
    path: '/admin/events',
    page: page(() => import('./events-page.tsx'), 'EventsPage'),
    nav: { group: 'admin', label: nav.events, icon: 'log' },
    needs: 'events:read',
  },
  {
    path: '/admin/statistics',
    page: page(() => import('./statistics-page.tsx'), 'StatisticsPage'),
    nav: { group: 'admin', label: nav.statistics, icon: 'chart' },
    needs: 'events:read',
  },
  {
    path: '/admin/signing-keys',
    page: page(() => import('./signing-keys-page.tsx'), 'SigningKeysPage'),
    nav: { group: 'admin', label: nav.signingKeys, icon: 'shield' },
    needs: 'signing-keys:write',
  },
  {
    path: '/admin/pieces',
    page: page(() => import('./pieces-page.tsx'), 'PiecesPage'),
    nav: { group: 'admin', label: nav.pieces, icon: 'pieces' },
    needs: 'documents:read',
  },
  {
    path: '/admin/configuration',
    page: page(() => import('./configuration-page.tsx'), 'ConfigurationPage'),
    nav: { group: 'admin', label: nav.configuration, icon: 'settings' },
    needs: 'events:read',
  },
  {
    path: '/admin/health',
    page: page(() => import('./health-page.tsx'), 'HealthPage'),
    nav: { group: 'admin', label: nav.health, icon: 'health' },
    needs: 'events:read',
  },
]
