// A page of the usual kind: a head of 54 px with title and actions, then its regions. Names the window too.
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import classes from './small.module.css'

interface PageProps {
  title: string
  /** Beside the title, in the second tone. */
  hint?: ReactNode
  /** At the far end; one primary button at most. */
  actions?: ReactNode
  children: ReactNode
}

export function Page({ title, hint, actions, children }: PageProps) {
  useDocumentTitle(`${title} · Plumbline`)
  return (
    <div className={classes.page}>
      <div className={classes.pageHead}>
        <h1>{title}</h1>
        <span className="pl-soft pl-small">{hint}</span>
        <span className="pl-grow" />
        {actions}
      </div>
      {children}
    </div>
  )
}
