import { AppShell, Burger, Container, Menu as Dropdown, Group, ScrollArea, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type ReactNode, Suspense, useState } from 'react'
import { Link } from 'wouter'
import { useMe } from '../api/me.ts'
import { signOut } from '../api/session.ts'
import { Icon, Mark } from '../parts/icon.tsx'
import { Problem } from '../parts/notice.tsx'
import { Loading } from '../parts/states.tsx'
import { common } from '../texts/common.ts'
import { ActingBanner } from './acting-banner.tsx'
import { IdleWatch } from './idle.tsx'
import { Menu } from './menu.tsx'
import { ProofDialog } from './proof-dialog.tsx'
import { ThemeChoice } from './theme-choice.tsx'

/** What stands around every page of somebody who is signed in. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure()
  const [failure, setFailure] = useState<unknown>(null)
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 264, breakpoint: 'md', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', sm: 'xl' }}
    >
      <a className="skip" href="#content">
        {common.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={opened ? common.nav.close : common.nav.open}
              aria-expanded={opened}
            />
            <Link href="/" className="brand">
              <Mark />
              <span>{common.product}</span>
            </Link>
          </Group>
          <Person onFailure={setFailure} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={common.nav.label}>
        <ScrollArea type="hover" scrollbarSize={6} scrollbars="y" viewportProps={{ tabIndex: -1 }}>
          <Menu onNavigate={close} />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <ActingBanner />
        <Container size="54rem" px={0} mx="auto" pb="xl">
          <Problem error={failure} />
          <Suspense fallback={<Loading />}>{children}</Suspense>
        </Container>
      </AppShell.Main>
      <ProofDialog />
      <IdleWatch />
    </AppShell>
  )
}

function Person({ onFailure }: { readonly onFailure: (error: unknown) => void }) {
  const { user } = useMe()
  return (
    <Dropdown position="bottom-end" width={240}>
      <Dropdown.Target>
        <UnstyledButton className="person" aria-label={common.nav.signedInAs(user.username)}>
          <span className="initial" data-initial={user.username.charAt(0).toUpperCase()} />
          <Text component="span" size="sm" truncate maw="10rem" visibleFrom="xs">
            {user.username}
          </Text>
        </UnstyledButton>
      </Dropdown.Target>
      <Dropdown.Dropdown>
        <Dropdown.Label>{common.nav.signedInAs(user.username)}</Dropdown.Label>
        <ThemeChoice />
        <Dropdown.Divider />
        <Dropdown.Item leftSection={<Icon name="out" />} onClick={() => void signOut().catch(onFailure)}>
          {common.nav.signOut}
        </Dropdown.Item>
      </Dropdown.Dropdown>
    </Dropdown>
  )
}
