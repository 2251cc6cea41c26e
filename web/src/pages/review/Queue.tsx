// What waits for a supervisor, the least agreed first. A supervisor gets the next; nobody picks.
import { useQuery } from '@tanstack/react-query'
import { Count } from '@/ui/Count'
import { Rows } from '@/ui/Rows'
import { ratio } from '@/ui/format'
import { queueQuery, type QueuedTask } from './data'
import classes from './review.module.css'
import { causesInWords } from './words'

export function Queue({ projectId, taskId }: { projectId: number; taskId: number | null }) {
  const queue = useQuery(queueQuery(projectId))
  return (
    <nav className={classes.queue} aria-label="Review queue">
      <div className={classes.queueHead}>
        <h2 className="pl-caps">Queue</h2>
        <Count value={queue.data?.length} />
        <span className="pl-grow" />
        <span className="pl-faint pl-small">lowest agreement first</span>
      </div>
      {queue.isPending ? <Rows count={6} height={52} /> : null}
      {queue.isError ? <p className={classes.queueNote}>The queue cannot be read now.</p> : null}
      {queue.data?.length === 0 ? <p className={classes.queueNote}>Nothing waits.</p> : null}
      <ol className={classes.queueList} tabIndex={0} aria-label="Tasks in review">
        {queue.data?.map((task) => (
          <QueueLine key={task.id} task={task} current={task.id === taskId} />
        ))}
      </ol>
    </nav>
  )
}

function QueueLine({ task, current }: { task: QueuedTask; current: boolean }) {
  const { agreement } = task
  return (
    <li className={classes.queueLine} aria-current={current || undefined}>
      <span className="pl-grow">
        <b>Task {task.id}</b>
        <small title={task.reason ?? undefined}>
          {task.causes.length > 0 ? causesInWords(task.causes) : (task.reason ?? task.key)}
        </small>
        {agreement === null ? null : (
          <span className={classes.bar} aria-hidden>
            <i style={{ width: `${100 * agreement}%` }} data-tone={toneOf(agreement)} />
          </span>
        )}
      </span>
      {agreement === null ? null : (
        <span className={classes.agreement} data-tone={toneOf(agreement)}>
          {ratio(agreement)}
        </span>
      )}
    </li>
  )
}

const toneOf = (agreement: number): string => (agreement < 0.7 ? 'bad' : agreement < 0.85 ? 'warn' : 'ok')
