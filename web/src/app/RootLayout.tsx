// What stands around every page: colours, toasts, the dialog that asks back.
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { Outlet, useLocation } from '@tanstack/react-router'
import { ConfirmDialog } from '@/ui/confirm'
import { isStage } from '@/ui/frame/stage'
import { useScheme } from '@/ui/scheme'
import { theme, variables } from '@/ui/theme'

export function RootLayout() {
  const scheme = useScheme(isStage(useLocation().pathname))
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} forceColorScheme={scheme}>
      <Notifications position="bottom-right" />
      <ConfirmDialog />
      <Outlet />
    </MantineProvider>
  )
}
