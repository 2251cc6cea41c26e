// A page that is on its way: the shape of what comes, so that nothing jumps.
import { Skeleton } from '@mantine/core'
import classes from './small.module.css'

export function PagePending() {
  return (
    <div className={classes.page} aria-busy="true" aria-label="Loading">
      <div className={classes.pageHead}>
        <Skeleton height={20} width={180} />
      </div>
      <Skeleton height={122} radius={9} mb={12} />
      <Skeleton height={260} radius={9} />
    </div>
  )
}
