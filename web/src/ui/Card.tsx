// A region of a page with a 40 px head.
import type { ReactNode } from 'react'
import { useId } from 'react'
import classes from './small.module.css'

interface CardProps {
  title: string
  /** Beside the title: a count, a hint, an action at the far end. */
  head?: ReactNode
  children: ReactNode
  className?: string | undefined
}

export function Card({ title, head, children, className }: CardProps) {
  const id = useId()
  return (
    <section className={`${classes.card ?? ''} ${className ?? ''}`} aria-labelledby={id}>
      <div className={classes.cardHead}>
        <h2 id={id}>{title}</h2>
        {head}
      </div>
      {children}
    </section>
  )
}
