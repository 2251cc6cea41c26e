// Whether the numbers of the page follow by themselves.
import { IconBroadcast, IconRefresh } from '@tabler/icons-react'
import type { Liveness } from '@/api/live'
import { Pill } from '@/ui/Pill'

export function LivePill({ liveness }: { liveness: Liveness }) {
  if (liveness === 'live') {
    return (
      <Pill small tone="ok" title="Counts arrive as they change">
        <IconBroadcast size={13} aria-hidden /> Live
      </Pill>
    )
  }
  if (liveness === 'connecting') return null
  return (
    <Pill small title="No stream at this moment: counts are asked for every few seconds">
      <IconRefresh size={13} aria-hidden /> Every 5 s
    </Pill>
  )
}
