// A page before the frame: signing in, accepting an invitation.
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import classes from './Door.module.css'

interface DoorProps {
  title: string
  lead?: ReactNode
  /** What went wrong; read aloud when it appears. */
  problem?: string | null | undefined
  children?: ReactNode
  foot?: ReactNode
}

export function Door({ title, lead, problem, children, foot }: DoorProps) {
  useDocumentTitle(`${title} · Plumbline`)
  return (
    <main className={classes.door}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <div className={classes.line} aria-hidden />
          <img src="/favicon.svg" alt="" />
          <span>Plumbline</span>
        </div>
        <div className={classes.card}>
          <h1>{title}</h1>
          {lead !== undefined && <p className={classes.lead}>{lead}</p>}
          <div role="alert">{problem ? <p className={classes.alert}>{problem}</p> : null}</div>
          {children}
        </div>
        {foot !== undefined && <div className={classes.foot}>{foot}</div>}
      </div>
    </main>
  )
}
