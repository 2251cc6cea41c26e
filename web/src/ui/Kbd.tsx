// A key as it is printed on the keyboard.
import type { ReactNode } from 'react'
import classes from './small.module.css'

export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className={classes.kbd}>{children}</kbd>
}
