import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { common } from '../texts/common.ts'

/** A fault of ours in a page ends that page, and not the console without a word. */
export class CrashGuard extends Component<{ readonly children: ReactNode }, { readonly crashed: boolean }> {
  override state = { crashed: false }

  static getDerivedStateFromError() {
    return { crashed: true }
  }

  override render() {
    if (!this.state.crashed) return this.props.children
    return (
      <Center mih="60vh" p="md">
        <Stack align="center" ta="center" role="alert">
          <Title order={1}>{common.crashTitle}</Title>
          <Text c="dimmed">{common.crash}</Text>
          <Button onClick={() => location.reload()}>{common.reload}</Button>
        </Stack>
      </Center>
    )
  }
}
