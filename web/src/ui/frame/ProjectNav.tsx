// The pages of a project with their live counts; only those that the person's role opens.
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { progressQuery } from '@/api/queries'
import { powersOf, useMe } from '@/api/session'
import { Count } from '@/ui/Count'
import classes from './Frame.module.css'

export function ProjectNav({ projectId }: { projectId: number }) {
  const powers = powersOf(useMe())
  const client = useMe().kind === 'client'
  const progress = useQuery({ ...progressQuery(projectId), enabled: powers.oversees }).data
  const images = progress && Object.values(progress.images).reduce((sum, count) => sum + count, 0)
  const params = { projectId }
  const nav = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  // On a telephone the pages do not fit: the one that is open is seen. Counts make room for themselves later.
  useEffect(() => {
    nav.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [pathname, images])
  return (
    <nav ref={nav} className={classes.nav} aria-label="Pages of the project">
      <Link to="/projects/$projectId" params={params} activeOptions={{ exact: true }}>
        Overview
      </Link>
      {powers.oversees && (
        <Link to="/projects/$projectId/images" params={params}>
          Images <Count value={images} />
        </Link>
      )}
      {client && (
        <Link to="/projects/$projectId/quarantine" params={params}>
          Quarantine <Count value={progress?.quarantined} tone={progress?.quarantined ? 'bad' : undefined} />
        </Link>
      )}
      {powers.keepsModels && (
        <Link to="/projects/$projectId/models" params={params}>
          Models
        </Link>
      )}
      {powers.labels && (
        <Link to="/projects/$projectId/work" params={params}>
          Label <Count value={progress?.tasks.open} />
        </Link>
      )}
      {powers.reviews && (
        <Link to="/projects/$projectId/review" params={params}>
          Review <Count value={progress?.in_review} />
        </Link>
      )}
    </nav>
  )
}
