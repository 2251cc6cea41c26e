// What the task puts into the top bar: which it is and how far the project is; save state, time, guidelines, keys.
import {
  IconBook,
  IconClock,
  IconCloudCheck,
  IconCloudOff,
  IconCloudUp,
  IconKeyboard,
  IconLock,
  IconStack2,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { progressQuery } from '@/api/queries'
import { useMe } from '@/api/session'
import type { SaveState } from '@/document'
import { TopBarSlot } from '@/ui/frame/slots'
import { number } from '@/ui/format'
import { Kbd } from '@/ui/Kbd'
import { Pill, type Tone } from '@/ui/Pill'
import type { OpenTask } from '../session/openTask'
import type { WorkSession } from '../session/session'
import classes from './workspace.module.css'

interface TopBitsProps {
  session: WorkSession
  task: OpenTask
  projectId: number
  onGuidelines: () => void
  onHelp: () => void
}

export function TopBits({ session, task, projectId, onGuidelines, onHelp }: TopBitsProps) {
  return (
    <>
      <TopBarSlot side="left">
        <span className={classes.taskName}>
          <span aria-hidden>/ </span>Task {task.lease.task_id}
        </span>
        <ProjectProgress projectId={projectId} />
      </TopBarSlot>
      <TopBarSlot side="right">
        <Waiting session={session} />
        <SavePill task={task} />
        <Timer since={task.openedAt} />
        <button type="button" className={classes.button} onClick={onGuidelines}>
          <IconBook size={15} stroke={1.75} aria-hidden />
          <span className={classes.wideOnly}>Guidelines</span> <Kbd>G</Kbd>
        </button>
        <button type="button" className={classes.button} aria-label="Keys" onClick={onHelp}>
          <IconKeyboard size={15} stroke={1.75} aria-hidden />
          <Kbd>?</Kbd>
        </button>
      </TopBarSlot>
    </>
  )
}

/** Tasks that need no more votes, of all that were not cancelled. */
function ProjectProgress({ projectId }: { projectId: number }) {
  // Annotators are not told how far the whole project is.
  const enabled = useMe().role !== 'annotator'
  const { data } = useQuery({ ...progressQuery(projectId), refetchInterval: 30_000, enabled })
  if (!data) return null
  const { cancelled = 0, ...tasks } = data.tasks
  const total = Object.values(tasks).reduce((sum, n) => sum + n, 0)
  const done = total - (tasks.open ?? 0) - (tasks.waiting ?? 0)
  if (total === 0) return null
  const words = `${number(done)} of ${number(total)}`
  return (
    <span
      className={classes.progress}
      title={`${words} tasks have all their votes${cancelled ? `; ${number(cancelled)} cancelled` : ''}`}
    >
      <Pill>
        <IconStack2 size={14} stroke={1.75} aria-hidden />
        {words}
      </Pill>
      <span className={classes.bar} aria-hidden>
        <i style={{ width: `${String((100 * done) / total)}%` }} />
      </span>
    </span>
  )
}

const SAVE_WORDS: Readonly<Record<SaveState, { text: string; tone?: Tone; icon: typeof IconCloudCheck }>> = {
  saved: { text: 'Draft saved', tone: 'ok', icon: IconCloudCheck },
  unsaved: { text: 'Not saved yet', icon: IconCloudUp },
  saving: { text: 'Saving …', icon: IconCloudUp },
  offline: { text: 'Offline · kept on this device', tone: 'warn', icon: IconCloudOff },
  closed: { text: 'Read-only', icon: IconLock },
}

function SavePill({ task }: { task: OpenTask }) {
  const state = useStore(task.labels, (labels) => labels.saveState)
  const isUntouched = useStore(task.labels, (labels) => labels.sequence === 0)
  const { text, tone, icon: Mark } = SAVE_WORDS[state]
  return (
    <span data-save={state}>
      <Pill tone={state === 'saved' && isUntouched ? undefined : tone}>
        <Mark size={14} stroke={1.75} aria-hidden />
        {state === 'saved' && isUntouched ? 'Nothing to save' : text}
      </Pill>
    </span>
  )
}

function Waiting({ session }: { session: WorkSession }) {
  const waiting = useStore(session.state, (state) => state.waiting)
  if (waiting === 0) return null
  return (
    <Pill tone="warn" title="Sent by itself once the connection is back">
      {waiting === 1 ? '1 answer waits to be sent' : `${String(waiting)} answers wait to be sent`}
    </Pill>
  )
}

function Timer({ since }: { since: number }) {
  const [now, setNow] = useState(since)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => {
      clearInterval(timer)
    }
  }, [])
  const seconds = Math.max(Math.floor((now - since) / 1000), 0)
  const words = [Math.floor(seconds / 60), seconds % 60].map((part) => String(part).padStart(2, '0')).join(':')
  return (
    <span className={classes.wideOnly} role="timer" aria-label="Time on this task">
      <Pill>
        <IconClock size={14} stroke={1.75} aria-hidden />
        {words}
      </Pill>
    </span>
  )
}
