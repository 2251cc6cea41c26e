// Runs, newest first: how far each is, what could not be run, and the ways to hold or end it.
import { Button, Progress } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Pager } from '@/ui/Pager'
import { Pill, type Tone } from '@/ui/Pill'
import { RelativeTime } from '@/ui/RelativeTime'
import { Rows } from '@/ui/Rows'
import { confirm } from '@/ui/confirm'
import { counted, number, span } from '@/ui/format'
import { usePages } from '@/ui/pages'
import { toastProblem } from '@/ui/toast'
import { LIVE_MS, changeRun, fetchRuns, isGoing, runQuery, runsKey, setsKey, type Run, type RunVerb } from './data'
import { useRefreshing } from './refreshing'
import { percentOf, progressWords } from './words'
import classes from './predictions.module.css'

const TONES: Readonly<Record<Run['state'], Tone | undefined>> = {
  running: 'accent',
  paused: 'warn',
  complete: 'ok',
  cancelled: undefined,
  failed: 'bad',
}

export function RunsCard({ projectId }: { projectId: number }) {
  const pages = usePages<Run>({
    key: [...runsKey(projectId), 'list'],
    fetch: (after, signal) => fetchRuns(projectId, after, signal),
    refetchInterval: (items) => (items.some(isGoing) ? LIVE_MS : false),
  })
  useRefreshing(projectId, pages.isSuccess ? pages.items : null)
  return (
    <Card title="Runs">
      {pages.isPending ? <Rows count={3} /> : null}
      {pages.isError ? <ErrorPanel error={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.isSuccess && pages.items.length === 0 ? (
        <EmptyState icon={IconPlayerPlay} title="Nothing was run yet">
          A run gives every picture that a filter finds the pre-labels of one model.
        </EmptyState>
      ) : null}
      <ul className={classes.runs}>
        {pages.items.map((run) => (
          <RunLine key={run.id} projectId={projectId} run={run} />
        ))}
      </ul>
      <Pager {...pages} />
    </Card>
  )
}

function RunLine({ projectId, run }: { projectId: number; run: Run }) {
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: (verb: RunVerb) => changeRun(projectId, run.id, verb),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: runsKey(projectId) }),
        client.invalidateQueries({ queryKey: setsKey(projectId) }),
      ]),
    onError: toastProblem,
  })
  const title = run.name === '' ? `${run.model} ${run.version}` : run.name
  const cancel = async () => {
    const sure = await confirm({
      title: `Cancel ${title}?`,
      body: `What it found on ${counted(run.done, 'picture')} stays. It cannot be resumed.`,
      action: 'Cancel the run',
      danger: true,
    })
    if (sure) change.mutate('cancel')
  }
  return (
    <li className={classes.run}>
      <div className={classes.runHead}>
        <b className={classes.key}>{title}</b>
        <Pill small tone={TONES[run.state]}>
          {run.state}
        </Pill>
        <span className="pl-small pl-soft">
          {run.model} {run.version}, mapping {run.mapping_id}, <RelativeTime at={run.created_at} />
        </span>
        <span className="pl-grow" />
        {run.state === 'running' ? (
          <Button size="xs" variant="default" onClick={() => { change.mutate('pause') }}>
            Pause
          </Button>
        ) : null}
        {run.state === 'paused' ? (
          <Button size="xs" variant="default" onClick={() => { change.mutate('resume') }}>
            Resume
          </Button>
        ) : null}
        {run.state === 'running' || run.state === 'paused' ? (
          <Button size="xs" variant="default" onClick={() => { void cancel() }}>
            Cancel
          </Button>
        ) : null}
      </div>
      <Bar title={`Progress of ${title}`} run={run} />
      <p className="pl-small pl-soft">
        {progressWords(run)}, {counted(run.objects, 'object')}
        {run.failed > 0 ? `, ${number(run.failed)} failed` : ''}
        {isGoing(run) && run.seconds_left !== null ? `, about ${span(run.seconds_left)} left` : ''}
        {run.reason === null ? '' : `: ${run.reason}`}
      </p>
      {run.failed > 0 ? <Problems projectId={projectId} run={run} /> : null}
    </li>
  )
}

/** Until all pictures are counted the bar only shows that something goes on. */
function Bar({ title, run }: { title: string; run: Run }) {
  const percent = percentOf(run)
  if (percent !== null) return <Progress size="sm" aria-label={title} value={percent} />
  return (
    <Progress.Root size="sm">
      <Progress.Section value={100} withAria={false} role="progressbar" aria-label={title} striped animated={isGoing(run)} />
    </Progress.Root>
  )
}

/** A list of runs leaves problems out: they are asked for, of one run, once somebody wants to see them. */
function Problems({ projectId, run }: { projectId: number; run: Run }) {
  const [opened, setOpened] = useState(false)
  const whole = useQuery({ ...runQuery(projectId, run.id), enabled: opened })
  return (
    <details
      className="pl-small"
      onToggle={(event) => {
        setOpened(event.currentTarget.open)
      }}
    >
      <summary>{counted(run.failed, 'problem')}</summary>
      {whole.isError ? <ErrorPanel error={whole.error} onRetry={() => void whole.refetch()} /> : null}
      {whole.isLoading ? <Rows count={1} /> : null}
      <ul>
        {(whole.data?.problems ?? []).map(({ image_id: id, problem }) => (
          <li key={id}>
            Image {id}: {problem}
          </li>
        ))}
      </ul>
    </details>
  )
}
