// A state in one or two words. The word says it; the colour only helps.
import type { ReactNode } from 'react'
import classes from './small.module.css'

export type Tone = 'ok' | 'warn' | 'bad' | 'accent'

interface PillProps {
  children: ReactNode
  tone?: Tone | undefined
  small?: boolean
  title?: string | undefined
}

export function Pill({ children, tone, small = false, title }: PillProps) {
  return (
    <span className={classes.pill} data-tone={tone} data-small={small || undefined} title={title}>
      {children}
    </span>
  )
}
