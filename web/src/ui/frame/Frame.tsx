// The frame of every page: skip link, top bar, the page.
import { Outlet, useLocation } from '@tanstack/react-router'
import classes from './Frame.module.css'
import { useMe } from '@/api/session'
import { isStage } from './stage'
import { TopBar } from './TopBar'

export function Frame() {
  const stage = isStage(useLocation().pathname)
  return (
    <div className={classes.frame}>
      <a className={classes.skip} href="#main">
        Skip to the page
      </a>
      <div>
        <TopBar />
        <PausedStrip reason={useMe().pause} />
      </div>
      <main id="main" tabIndex={-1} className={classes.main} data-stage={stage || undefined}>
        <Outlet />
      </main>
    </div>
  )
}

function PausedStrip({ reason }: { reason: string | null }) {
  if (reason === null) return null
  return (
    <p className={classes.paused} role="status">
      <strong>You are paused:</strong> {reason}. You can look at everything, but take no work.
    </p>
  )
}
