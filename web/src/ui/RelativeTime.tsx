// `6 min ago`, kept true while the page is open; the exact moment on hover.
import { useInterval } from '@mantine/hooks'
import { useState } from 'react'
import { ago, dateTime } from './format'

const TICK_MS = 15_000

export function RelativeTime({ at }: { at: string }) {
  const [now, setNow] = useState(() => new Date())
  useInterval(
    () => {
      setNow(new Date())
    },
    TICK_MS,
    { autoInvoke: true },
  )
  return (
    <time dateTime={at} title={dateTime(at)}>
      {ago(at, now)}
    </time>
  )
}
