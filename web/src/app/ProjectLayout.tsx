// What the pages of one project share: its live counts, followed once for all of them.
import { Outlet, useLocation } from '@tanstack/react-router'
import { useLiveProgress } from '@/api/live'
import { powersOf, useMe } from '@/api/session'
import { useProjectId } from './project'
import { isWorkspace } from '@/ui/frame/stage'

export function ProjectLayout() {
  const projectId = useProjectId()
  const working = isWorkspace(useLocation().pathname)
  const { oversees } = powersOf(useMe())
  useLiveProgress(projectId, { enabled: oversees && !working })
  return <Outlet />
}
