import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import type { IconName } from '../parts/icon.tsx'

export type NavGroup = 'account' | 'api' | 'admin'

/** One address of the console. Tables of these are its map: the router, the menu and the tests read them. */
export interface PageRoute {
  /** Below `/console`; `:name` holds a part that the page reads with `useParams`. */
  readonly path: string
  /** Loaded when it is first gone to. */
  readonly page: LazyExoticComponent<ComponentType>
  /** Its entry in the menu; pages that are reached from others have none. */
  readonly nav?: { readonly group: NavGroup; readonly label: string; readonly icon: IconName }
  /** Whoever lacks this scope does not see the entry, and gets told so at the address. */
  readonly needs?: string
}

/** `page(() => import('./users-page.tsx'), 'UsersPage')`: the export of that name, loaded when it is needed. */
export function page<N extends string>(
  load: () => Promise<Readonly<Record<N, ComponentType>>>,
  name: N,
): LazyExoticComponent<ComponentType> {
  return lazy(async () => ({ default: (await load())[name] }))
}
