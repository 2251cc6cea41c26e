// The entry of this page; the router loads it when somebody goes there.
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useMe } from '@/api/session'
import { WorkSession } from './session/session'
import { Workspace } from './parts/Workspace'

export default function WorkspacePage() {
  const { projectId } = useParams({ from: '/framed/projects/$projectId/work' })
  const search = useSearch({ from: '/framed/projects/$projectId/work' })
  const { member_id: memberId } = useMe()
  const navigate = useNavigate()
  const named = useRef(search.lease ?? null)
  const [session, setSession] = useState<WorkSession | null>(null)

  useEffect(() => {
    const opened = new WorkSession({
      projectId,
      memberId,
      onLease: (leaseId) => {
        named.current = leaseId
        void navigate({
          to: '/projects/$projectId/work',
          params: { projectId },
          search: leaseId === null ? {} : { lease: leaseId },
          replace: true,
        })
      },
    })
    // A page that is built twice in a row, as in development, claims once.
    const start = setTimeout(() => {
      setSession(opened)
      void opened.start(named.current)
    })
    return () => {
      clearTimeout(start)
      opened.stop()
    }
  }, [projectId, memberId, navigate])

  return session && <Workspace session={session} projectId={projectId} />
}
