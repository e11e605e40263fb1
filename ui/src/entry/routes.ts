import { type PageRoute, page } from '../shell/routes.ts'

const links = () => import('./link-pages.tsx')
const asking = () => import('./ask-mail-pages.tsx')

/**
 * Pages of people who are not signed in yet. Those that mailed links lead to are named as their purposes are: the
 * server sends `/auth/page/<purpose>` here.
 */
export const entryRoutes: readonly PageRoute[] = [
  { path: '/sign-in', page: page(() => import('./sign-in-page.tsx'), 'SignInPage') },
  { path: '/sign-in/link', page: page(asking, 'AskLinkPage') },
  { path: '/forgot-password', page: page(asking, 'ForgotPasswordPage') },
  { path: '/sign-up', page: page(() => import('./sign-up-page.tsx'), 'SignUpPage') },
  { path: '/setup', page: page(() => import('./set-up-page.tsx'), 'SetUpPage') },
  { path: '/sign-in-link', page: page(links, 'UseLinkPage') },
  { path: '/reset-password', page: page(links, 'ResetPasswordPage') },
  { path: '/confirm-email', page: page(links, 'ConfirmEmailPage') },
  { path: '/change-email', page: page(links, 'ChangeEmailPage') },
  { path: '/undo-email', page: page(links, 'UndoEmailPage') },
  { path: '/invitation', page: page(links, 'InvitationPage') },
]
