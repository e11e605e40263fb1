import { Button, NativeSelect, TextInput } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import { useSearchParams } from 'wouter'
import { Icon } from '../parts/icon.tsx'
import { admin } from '../texts/admin.ts'

/* Filters live in the address: reloading, going back and sending a link keep them. */

/** How long nobody types before a search is asked for. */
const pauseMillis = 350

/** The filter of this name; empty: it is not set. A change begins the list anew. */
export function useFilter(name: string): readonly [value: string, set: (value: string) => void] {
  const [params, setParams] = useSearchParams()
  const set = (value: string) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before)
        after.delete('cursor')
        if (value === '') after.delete(name)
        else after.set(name, value)
        return after
      },
      { replace: true },
    )
  return [params.get(name) ?? '', set]
}

/** Filters that are set, as a query takes them. */
export function useFilters<N extends string>(...names: readonly N[]): { readonly [name in N]?: string } {
  const [params] = useSearchParams()
  return Object.fromEntries(names.flatMap((name) => (params.get(name) ? [[name, params.get(name)]] : []))) as {
    [name in N]?: string
  }
}

/** The filters of a list, in a row that breaks where it is narrow. */
export function Filters({ names, children }: { readonly names: readonly string[]; readonly children: ReactNode }) {
  const [params, setParams] = useSearchParams()
  const isSet = names.some((name) => params.has(name))
  return (
    <search aria-label={admin.filters}>
      <div className="filters">
        {children}
        {isSet && (
          <Button
            variant="subtle"
            size="md"
            onClick={() =>
              setParams((before) => {
                const after = new URLSearchParams(before)
                for (const name of [...names, 'cursor']) after.delete(name)
                return after
              })
            }
          >
            {admin.clear}
          </Button>
        )}
      </div>
    </search>
  )
}

export interface SearchFilterProps {
  readonly name: string
  readonly label?: string
  readonly placeholder?: string
  /** Of what is short there is no need for much room. */
  readonly narrow?: boolean
}

/** Asks when nobody has typed for a moment. */
export function SearchFilter({ name, label = admin.search, placeholder, narrow = false }: SearchFilterProps) {
  const [value, set] = useFilter(name)
  const [typed, setTyped] = useState(value)
  const [sent, setSent] = useState(value)
  // Cleared or changed from elsewhere.
  if (value !== sent) {
    setSent(value)
    setTyped(value)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the clock
  useEffect(() => {
    if (typed.trim() === value) return
    const timer = setTimeout(() => {
      setSent(typed.trim())
      set(typed.trim())
    }, pauseMillis)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <TextInput
      label={label}
      type="search"
      value={typed}
      maxLength={100}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      leftSection={<Icon name="search" size={16} />}
      className={narrow ? '' : 'filter-wide'}
      onChange={(event) => setTyped(event.currentTarget.value)}
      {...(placeholder === undefined ? {} : { placeholder })}
    />
  )
}

export interface ChoiceFilterProps {
  readonly name: string
  readonly label: string
  readonly choices: readonly { readonly value: string; readonly label: string }[]
  /** What stands there when nothing is chosen. */
  readonly all?: string
  readonly wide?: boolean
}

export function ChoiceFilter({ name, label, choices, all = admin.all, wide = false }: ChoiceFilterProps) {
  const [value, set] = useFilter(name)
  return (
    <NativeSelect
      label={label}
      value={value}
      data={[{ value: '', label: all }, ...choices]}
      className={wide ? 'filter-wide' : ''}
      onChange={(event) => set(event.currentTarget.value)}
    />
  )
}

export const choicesOf = (names: Readonly<Record<string, string>>, values: readonly string[]) =>
  values.map((value) => ({ value, label: names[value] ?? value }))
