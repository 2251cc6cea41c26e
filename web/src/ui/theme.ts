// Mantine in our measures and colours: the CSS variables of tokens.css stand behind every component.
import {
  ActionIcon,
  Badge,
  Button,
  Modal,
  PasswordInput,
  Select,
  Textarea,
  TextInput,
  Tooltip,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core'

const blue: MantineColorsTuple = [
  '#e2eefd',
  '#cfe4ff',
  '#a8cdfb',
  '#8bb8f0',
  '#6fb0ff',
  '#4c9aff',
  '#1f6dd4',
  '#1a5fbb',
  '#134a93',
  '#16345c',
]

export const theme = createTheme({
  fontFamily: "'Inter Variable', Inter, system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'DejaVu Sans Mono', Menlo, monospace",
  primaryColor: 'blue',
  primaryShade: 6,
  colors: { blue },
  defaultRadius: 7,
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: { xs: '11.5px', sm: '13px', md: '13px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '15px', sm: '17px', md: '17px', lg: '21px', xl: '24px' },
  headings: { fontWeight: '600' },
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' }, classNames: { root: 'pl-button' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 28 } }),
    Badge: Badge.extend({ defaultProps: { tt: 'none', fw: 500 } }),
    Modal: Modal.extend({ defaultProps: { centered: true, radius: 9, overlayProps: { backgroundOpacity: 0.5 } } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: 'sm' } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'sm' } }),
    Select: Select.extend({ defaultProps: { size: 'sm' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, withArrow: true } }),
  },
})

const shared = {
  '--mantine-color-body': 'var(--pl-panel)',
  '--mantine-color-text': 'var(--pl-text)',
  '--mantine-color-dimmed': 'var(--pl-text-3)',
  '--mantine-color-anchor': 'var(--pl-link)',
  '--mantine-color-error': 'var(--pl-bad-text)',
  '--mantine-color-placeholder': 'var(--pl-text-3)',
  '--mantine-color-default': 'var(--pl-control)',
  '--mantine-color-default-hover': 'var(--pl-raised)',
  '--mantine-color-default-color': 'var(--pl-text)',
  '--mantine-color-default-border': 'var(--pl-border-2)',
}

/** Mantine's own variables, set to ours. */
export const variables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared })
