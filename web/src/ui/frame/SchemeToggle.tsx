// Switches between light and dark; what was chosen stays.
import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core'
import { IconMoon, IconSun } from '@tabler/icons-react'
import { useSchemeChoice } from '@/ui/scheme'

export function SchemeToggle() {
  const dark = useMantineColorScheme().colorScheme === 'dark'
  const choose = useSchemeChoice((store) => store.choose)
  const label = dark ? 'Light colours' : 'Dark colours'
  const Icon = dark ? IconSun : IconMoon
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        variant="default"
        onClick={() => {
          choose(dark ? 'light' : 'dark')
        }}
      >
        <Icon size={16} stroke={1.75} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}
