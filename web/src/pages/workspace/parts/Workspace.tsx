// What stands on the page in each phase of a stay: opening, work, nothing to do, a failure.
import { Button } from '@mantine/core'
import { IconCoffee } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useStore } from 'zustand'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { toast } from '@/ui/toast'
import type { WorkSession } from '../session/session'
import { Table } from './Table'
import classes from './workspace.module.css'

interface WorkspaceProps {
  session: WorkSession
  projectId: number
}

const LOOK_AGAIN_MS = 20_000

export function Workspace({ session, projectId }: WorkspaceProps) {
  const phase = useStore(session.state, (state) => state.phase)
  const task = useStore(session.state, (state) => state.task)
  const problem = useStore(session.state, (state) => state.problem)
  const notice = useStore(session.state, (state) => state.notice)

  useEffect(() => {
    if (notice) toast(notice.text)
  }, [notice])

  if (task !== null) return <Table key={task.lease.lease_id} session={session} task={task} projectId={projectId} />
  if (phase === 'failed')
    return (
      <div className={classes.alone}>
        <ErrorPanel error={problem} onRetry={() => void session.again()} />
      </div>
    )
  if (phase === 'empty') return <NothingToDo session={session} projectId={projectId} />
  return (
    <div className={classes.alone} role="status">
      <div className={classes.spinner} aria-hidden />
      <p className="pl-soft">Opening the next task …</p>
    </div>
  )
}

function NothingToDo({ session, projectId }: WorkspaceProps) {
  useEffect(() => {
    const timer = setInterval(() => void session.again(), LOOK_AGAIN_MS)
    return () => {
      clearInterval(timer)
    }
  }, [session])
  return (
    <div className={classes.alone}>
      <h1 className="pl-hidden">Label</h1>
      <EmptyState
        icon={IconCoffee}
        title="Nothing to label now"
        action={
          <>
            <Button variant="default" onClick={() => void session.again()}>
              Look again
            </Button>
            <Button component={Link} to={`/projects/${String(projectId)}`} variant="default">
              To the overview
            </Button>
          </>
        }
      >
        Every picture that is open to you has your answer. New work is looked for every 20 seconds.
      </EmptyState>
      <UndoOnEmpty session={session} />
    </div>
  )
}

/** The last answer can be taken back although nothing follows it. */
function UndoOnEmpty({ session }: { session: WorkSession }) {
  const submitted = useStore(session.state, (state) => state.submitted)
  if (submitted?.state !== 'sent') return null
  return (
    <Button variant="subtle" onClick={() => void session.undo()}>
      Take the last answer back
    </Button>
  )
}
