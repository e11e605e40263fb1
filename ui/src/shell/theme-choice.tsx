import { type MantineColorScheme, Menu, useMantineColorScheme } from '@mantine/core'
import { Icon } from '../parts/icon.tsx'
import { common } from '../texts/common.ts'

const schemes: readonly MantineColorScheme[] = ['auto', 'light', 'dark']

/** Items of a menu. */
export function ThemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <>
      <Menu.Label>{common.theme.label}</Menu.Label>
      {schemes.map((scheme) => (
        <Menu.Item
          key={scheme}
          role="menuitemradio"
          aria-checked={scheme === colorScheme}
          closeMenuOnClick={false}
          rightSection={scheme === colorScheme ? <Icon name="check" size={16} /> : null}
          onClick={() => setColorScheme(scheme)}
        >
          {common.theme[scheme]}
        </Menu.Item>
      ))}
    </>
  )
}
