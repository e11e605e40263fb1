import { NavLink, Text } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import { useMe } from '../api/me.ts'
import { Icon } from '../parts/icon.tsx'
import { common } from '../texts/common.ts'
import { signedInRoutes } from './map.ts'
import type { NavGroup } from './routes.ts'

const groups: readonly NavGroup[] = ['account', 'api', 'admin']

/** The entries that this person may use, in their groups. */
export function Menu({ onNavigate }: { readonly onNavigate: () => void }) {
  const [location] = useLocation()
  const { credential } = useMe()
  const shown = signedInRoutes.filter(({ needs }) => needs === undefined || credential.scopes.includes(needs))
  return groups.map((group) => {
    const entries = shown.flatMap(({ path, nav }) => (nav?.group === group ? [{ path, ...nav }] : []))
    if (entries.length === 0) return null
    return (
      <div key={group} className="menu-group">
        <Text size="xs" fw={600} c="dimmed" px="sm" mb={4} component="h2">
          {common.nav[group]}
        </Text>
        {entries.map(({ path, label, icon }) => (
          <NavLink
            key={path}
            component={Link}
            href={path}
            label={label}
            leftSection={<Icon name={icon} />}
            active={isHere(location, path)}
            aria-current={isHere(location, path) ? 'page' : undefined}
            onClick={onNavigate}
          />
        ))}
      </div>
    )
  })
}

/** A page below an entry belongs to it; the start has none below it. */
function isHere(location: string, path: string): boolean {
  return location === path || (path !== '/' && location.startsWith(`${path}/`))
}
