import { Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { common } from '../texts/common.ts'

export interface PageProps {
  readonly title: string
  /** One sentence: what this page is for. */
  readonly intro?: ReactNode
  /** What can be begun here: one button, seldom two. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** The title in the tab of the browser, and the focus on the heading, as a page that was loaded would have it. */
export function usePageTitle(title: string) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = common.title(title)
    scrollTo(0, 0)
    // A field that is to be filled in first has the focus already.
    if (!(document.activeElement instanceof HTMLInputElement)) heading.current?.focus({ preventScroll: true })
  }, [title])
  return heading
}

/** Every page of the shell is one of these. */
export function Page({ title, intro, actions, children }: PageProps) {
  const heading = usePageTitle(title)
  return (
    <Stack gap="xl">
      <div className="page-head">
        <div>
          <Title order={1} ref={heading} tabIndex={-1}>
            {title}
          </Title>
          {intro !== undefined && (
            <Text c="dimmed" mt={6} maw="44rem">
              {intro}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="sm">{actions}</Group>}
      </div>
      {children}
    </Stack>
  )
}

export interface SectionProps {
  readonly title?: string
  readonly intro?: ReactNode
  readonly actions?: ReactNode
  readonly children?: ReactNode
}

/** A sheet with a subject of its own. */
export function Section({ title, intro, actions, children }: SectionProps) {
  return (
    <section className="sheet">
      <Stack gap="md">
        {(title !== undefined || actions !== undefined) && (
          <Group justify="space-between" align="flex-start" gap="sm">
            <div>
              {title !== undefined && <Title order={2}>{title}</Title>}
              {intro !== undefined && (
                <Text c="dimmed" size="sm" mt={4} maw="40rem">
                  {intro}
                </Text>
              )}
            </div>
            {actions}
          </Group>
        )}
        {children}
      </Stack>
    </section>
  )
}
