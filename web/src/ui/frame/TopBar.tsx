// The 48 px bar: brand, where one is, the pages of the project, what the page puts there, inbox and account.
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation, useParams } from '@tanstack/react-router'
import { IconBell } from '@tabler/icons-react'
import { projectQuery } from '@/api/queries'
import { useMe } from '@/api/session'
import { number } from '@/ui/format'
import classes from './Frame.module.css'
import { OrganisationNav } from './OrganisationNav'
import { ProjectNav } from './ProjectNav'
import { isWorkspace } from './stage'
import { SchemeToggle } from './SchemeToggle'
import { TopBarPlace } from './slots'
import { UserMenu } from './UserMenu'

export function TopBar() {
  const me = useMe()
  const { projectId } = useParams({ strict: false })
  const working = isWorkspace(useLocation().pathname)
  return (
    <header className={classes.top}>
      <Link to="/projects" className={classes.logo} aria-label="Plumbline, all projects">
        <img src="/favicon.svg" alt="" />
      </Link>
      <nav className={classes.path} aria-label="Where you are">
        <Link to="/projects" className={classes.organisation}>
          {me.organisation}
        </Link>
        {projectId !== undefined && <ProjectCrumb projectId={projectId} />}
      </nav>
      {projectId === undefined && <OrganisationNav />}
      {projectId !== undefined && !working && <ProjectNav projectId={projectId} />}
      <TopBarPlace side="left" className={classes.slotLeft} />
      <TopBarPlace side="right" className={classes.slotRight} />
      <div className={classes.own}>
        <SchemeToggle />
        <Link to="/inbox" className={classes.bell} aria-label={me.unread > 0 ? `Inbox, ${number(me.unread)} unread` : 'Inbox'}>
          <IconBell size={17} stroke={1.75} aria-hidden />
          {me.unread > 0 && (
            <span className={classes.unread} aria-hidden>
              {me.unread > 99 ? '99+' : me.unread}
            </span>
          )}
        </Link>
        <UserMenu me={me} />
      </div>
    </header>
  )
}

function ProjectCrumb({ projectId }: { projectId: number }) {
  const project = useQuery(projectQuery(projectId)).data
  return (
    <>
      <span className={`${classes.sep ?? ''} ${classes.organisation ?? ''}`} aria-hidden>
        /
      </span>
      <Link to="/projects/$projectId" params={{ projectId }} className={classes.here}>
        {project?.name ?? `Project ${String(projectId)}`}
      </Link>
    </>
  )
}
