import { Badge } from '@mantine/core'
import type { ReactNode } from 'react'

export interface TagProps {
  readonly kind?: 'good' | 'warn' | 'bad' | 'plain'
  readonly children: ReactNode
}

/** A word that says how something stands. Its colours have the contrast that those of the library lack. */
export function Tag({ kind = 'plain', children }: TagProps) {
  return (
    <Badge variant="default" className="tag" data-kind={kind}>
      {children}
    </Badge>
  )
}
