import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'

/** The one accent: the green of a door. The eighth stands on light grounds, the fourth on dark ones. */
const door: MantineColorsTuple = [
  '#eaf6f2',
  '#d6ebe4',
  '#aed6c9',
  '#8fcdb9',
  '#6cc7ae',
  '#46a88d',
  '#338a73',
  '#287a65',
  '#1f6f5c',
  '#154f41',
]

/** From text (0) to ground (7) to below it (9): grey with a breath of the accent. */
const dark: MantineColorsTuple = [
  '#e6e9e8',
  '#c4cccd',
  '#9aa6aa',
  '#66757b',
  '#3b464a',
  '#2f383c',
  '#1c2225',
  '#14181a',
  '#111517',
  '#0b0e0f',
]

/** Grounds and texts of what is tinted, in colours that can be read. */
const tints: Readonly<Record<string, readonly [ground: string, text: string]>> = {
  yellow: ['var(--cardea-warn-ground)', 'var(--cardea-warn)'],
  red: ['var(--cardea-bad-ground)', 'var(--mantine-color-error)'],
  gray: ['var(--cardea-code)', 'var(--mantine-color-dimmed)'],
  door: ['var(--cardea-good-ground)', 'var(--cardea-good)'],
}

const variantColors: VariantColorsResolver = (input) => {
  const usual = defaultVariantColorsResolver(input)
  // The library looks at the shade for light grounds only.
  if (input.variant === 'filled' && (input.color ?? 'door') === 'door')
    return { ...usual, color: 'var(--mantine-primary-color-contrast)' }
  const tint = input.variant === 'light' ? tints[input.color ?? input.theme.primaryColor] : undefined
  return tint === undefined ? usual : { ...usual, background: tint[0], hover: tint[0], color: tint[1] }
}

const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'

export const theme = createTheme({
  colors: { door, dark },
  primaryColor: 'door',
  primaryShade: { light: 8, dark: 4 },
  variantColorResolver: variantColors,
  autoContrast: true,
  luminanceThreshold: 0.36,
  black: '#1d2326',
  fontFamily: sans,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: {
    fontFamily: sans,
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.75rem', lineHeight: '1.2' },
      h2: { fontSize: '1.2rem', lineHeight: '1.35' },
      h3: { fontSize: '1.05rem', lineHeight: '1.4' },
    },
  },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'md' } },
    PasswordInput: { defaultProps: { size: 'md' } },
    NativeSelect: { defaultProps: { size: 'md' } },
    Textarea: { defaultProps: { size: 'md' } },
    Checkbox: { defaultProps: { iconColor: 'var(--mantine-primary-color-contrast)' } },
    Radio: { defaultProps: { iconColor: 'var(--mantine-primary-color-contrast)' } },
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45 },
        attributes: { header: { role: 'presentation' } },
      },
    },
    Tooltip: { defaultProps: { events: { hover: true, focus: true, touch: true } } },
    Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none' } },
    Anchor: { defaultProps: { underline: 'always' } },
  },
})

/** Texts and lines with the contrast that WCAG 2.2 AA asks for, which the defaults of the library do not all have. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f6f5f1',
    '--mantine-color-text': '#1d2326',
    '--mantine-color-dimmed': '#565f64',
    '--mantine-color-placeholder': '#6b7479',
    '--mantine-color-error': '#a3262a',
    '--mantine-color-default-border': '#dfddd4',
    '--mantine-color-anchor': 'var(--mantine-color-door-8)',
    '--cardea-sheet': '#ffffff',
    '--cardea-code': '#f1f0ea',
    '--cardea-input-border': '#8b9599',
    '--cardea-warn': '#8a4b00',
    '--cardea-warn-ground': '#fdf1dc',
    '--cardea-bad-ground': '#fbeaea',
    '--cardea-good': '#1f6f5c',
    '--cardea-good-ground': '#e4f3ec',
  },
  dark: {
    '--mantine-color-body': '#14181a',
    '--mantine-color-text': '#e6e9e8',
    '--mantine-color-dimmed': '#9aa6aa',
    '--mantine-color-placeholder': '#8a969a',
    '--mantine-color-error': '#ff9c94',
    '--mantine-color-default-border': '#2f383c',
    '--mantine-color-anchor': 'var(--mantine-color-door-4)',
    '--cardea-sheet': '#1c2225',
    '--cardea-code': '#111517',
    '--cardea-input-border': '#66757b',
    '--cardea-warn': '#f2c078',
    '--cardea-warn-ground': '#33281a',
    '--cardea-bad-ground': '#381c1d',
    '--cardea-good': '#8fcdb9',
    '--cardea-good-ground': '#17302a',
  },
})
