// The task on the table takes no work any more: why, what became of the work, and the way on.
import { Button } from '@mantine/core'
import { isProblem } from '@/api/problem'
import type { OpenTask } from '../session/openTask'
import type { WorkSession } from '../session/session'
import classes from './workspace.module.css'

interface EndedProps {
  session: WorkSession
  task: OpenTask
  ended: unknown
}

export function Ended({ session, task, ended }: EndedProps) {
  const { title, text } = wordsFor(ended, task)
  return (
    <div className={classes.ended} role="alert">
      <div>
        <b>{title}</b>
        <p>{text}</p>
      </div>
      <Button size="xs" onClick={() => void session.again()}>
        Next task
      </Button>
    </div>
  )
}

function wordsFor(ended: unknown, task: OpenTask): { title: string; text: string } {
  if (isProblem(ended, 'task_closed'))
    return { title: 'This task is closed', text: 'It takes no answers any more. Your work is kept as a draft.' }
  if (isProblem(ended, 'seat_reissued') || isProblem(ended, 'not_found'))
    return {
      title: 'Your place on this task is gone',
      text: 'The lease ended and somebody else works on it. Your work is kept as a draft and comes back if the task does.',
    }
  if (ended !== null) return { title: 'This task cannot go on', text: isProblem(ended) ? ended.detail : String(ended) }
  return {
    title: 'Read-only',
    text: `This lease of task ${String(task.lease.task_id)} was answered, given back or lost. You can look, not change.`,
  }
}
