import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../api/session.ts'
import { admin } from '../texts/admin.ts'
import { users } from './calls.ts'
import { useFilter } from './filters.tsx'

export interface PersonFilterProps {
  readonly name: string
  readonly label: string
  /** What stands there when nobody is chosen. */
  readonly all: string
}

/** A user, found by a part of the name. Their id is what stands in the address. */
export function PersonFilter({ name, label, all }: PersonFilterProps) {
  const [value, set] = useFilter(name)
  const [typed, setTyped] = useState('')
  const [wanted] = useDebouncedValue(typed.trim(), 300)
  const chosen = useQuery({
    queryKey: ['admin', 'users', value],
    queryFn: () => call(() => users.get(value)),
    enabled: value !== '',
  })
  const found = useQuery({
    queryKey: ['admin', 'users', 'found', wanted],
    queryFn: () => call(() => users.list({ limit: 8, ...(wanted === '' ? {} : { search: wanted }) })),
  })
  const options = new Map((found.data?.items ?? []).map((user) => [user.id, user.username]))
  // Who is gone, or not to be seen, is still what is asked for.
  if (value !== '') options.set(value, chosen.data?.username ?? value)
  return (
    <Select
      label={label}
      placeholder={all}
      data={[...options].map(([id, username]) => ({ value: id, label: username }))}
      value={value === '' ? null : value}
      onChange={(id) => set(id ?? '')}
      searchable
      clearable
      size="md"
      onSearchChange={setTyped}
      filter={({ options: all }) => all}
      nothingFoundMessage={admin.nobodyFound}
      clearButtonProps={{ 'aria-label': admin.clearThis(label) }}
      comboboxProps={{ withinPortal: true }}
    />
  )
}
