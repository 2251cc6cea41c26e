// What stands where a list is empty: what would be here, and the way to get it there.
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './small.module.css'

interface EmptyStateProps {
  icon: Icon
  title: string
  children?: ReactNode
  action?: ReactNode
}

export function EmptyState({ icon: Mark, title, children, action }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <span className={classes.mark} aria-hidden>
        <Mark size={20} stroke={1.75} />
      </span>
      <h3>{title}</h3>
      {children !== undefined && <p>{children}</p>}
      {action !== undefined && <div className={classes.actions}>{action}</div>}
    </div>
  )
}
