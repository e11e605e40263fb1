import { Tooltip } from '@mantine/core'
import { common } from '../texts/common.ts'
import { agoText, dayText, exactText } from '../texts/time.ts'

/** `3 hours ago`, with the exact time where it is pointed at. */
export function When({ iso, as = 'ago' }: { readonly iso: string | null; readonly as?: 'ago' | 'day' | 'exact' }) {
  if (iso === null) return common.never
  const text = as === 'ago' ? agoText(iso) : as === 'day' ? dayText(iso) : exactText(iso)
  if (as === 'exact') return <time dateTime={iso}>{text}</time>
  return (
    <Tooltip label={exactText(iso)}>
      <time dateTime={iso}>{text}</time>
    </Tooltip>
  )
}
