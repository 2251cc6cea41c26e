// A few pictures through the model, with what it finds drawn over them; nobody else sees it.
import { Button, Slider } from '@mantine/core'
import { IconPhotoScan } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Schemas } from '@/api/client'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Rows } from '@/ui/Rows'
import { LabelledPicture } from '@/ui/shapes/LabelledPicture'
import { counted, number } from '@/ui/format'
import { toastProblem } from '@/ui/toast'
import {
  LIVE_MS,
  fetchItems,
  isGoing,
  runPicturesQuery,
  runQuery,
  startRun,
  type Mapping,
  type SetPicture,
} from './data'
import { refreshAll } from './refreshing'
import { above, tally } from './scores'
import classes from './predictions.module.css'

/** Offered to choose from, and what one trial takes at most. */
const OFFERED = 16
const USUAL = 4

interface Props {
  project: Schemas['ProjectBody']
  mapping: Mapping
}

export function TrialCard({ project, mapping }: Props) {
  const [runId, setRunId] = useState<number | null>(null)
  const [chosen, setChosen] = useState<ReadonlySet<number> | null>(null)
  const offered = useQuery({
    queryKey: ['items', project.id, 'trial'],
    queryFn: ({ signal }) => fetchItems(project.id, '', 0, OFFERED, signal),
  })
  const items = offered.data?.items ?? []
  const ids = chosen ?? new Set(items.slice(0, USUAL).map(({ image_id: id }) => id))
  const start = useMutation({
    mutationFn: () =>
      startRun(project.id, { mapping_id: mapping.id, purpose: 'trial', filter: { image_ids: [...ids] } as Schemas['RunFilter'] }),
    onSuccess: (run) => {
      setRunId(run.id)
    },
    onError: toastProblem,
  })
  return (
    <Card
      title="Try on pictures"
      head={
        <Button
          className={classes.headAction}
          size="xs"
          disabled={ids.size === 0}
          loading={start.isPending}
          onClick={() => {
            start.mutate()
          }}
        >
          Try on {counted(ids.size, 'picture')}
        </Button>
      }
    >
      {offered.isPending ? <Rows count={3} /> : null}
      {offered.isError ? <ErrorPanel error={offered.error} onRetry={() => void offered.refetch()} /> : null}
      {offered.isSuccess && items.length === 0 ? (
        <EmptyState icon={IconPhotoScan} title="No pictures yet">
          Pictures of this project can be tried as soon as they have come in.
        </EmptyState>
      ) : null}
      {items.length > 0 ? (
        <fieldset className={classes.choice}>
          <legend className="pl-small pl-soft">Pictures to try, {OFFERED} at most</legend>
          {items.map((item) => (
            <label key={item.image_id} className={classes.thumb} title={item.key}>
              <input
                type="checkbox"
                checked={ids.has(item.image_id)}
                aria-label={item.key}
                onChange={(event) => {
                  const next = new Set(ids)
                  if (event.currentTarget.checked) next.add(item.image_id)
                  else next.delete(item.image_id)
                  setChosen(next)
                }}
              />
              {item.thumbnail_url === null ? <span /> : <img src={item.thumbnail_url} alt="" loading="lazy" />}
            </label>
          ))}
        </fieldset>
      ) : null}
      {runId !== null ? <Result key={runId} project={project} runId={runId} /> : null}
    </Card>
  )
}

function Result({ project, runId }: { project: Schemas['ProjectBody']; runId: number }) {
  const [score, setScore] = useState(0)
  const run = useQuery({
    ...runQuery(project.id, runId),
    refetchInterval: ({ state }) => (state.data === undefined || isGoing(state.data) ? LIVE_MS : false),
  })
  const ended = run.data !== undefined && !isGoing(run.data)
  const pictures = useQuery({ ...runPicturesQuery(project.id, runId), enabled: ended })
  const client = useQueryClient()
  useEffect(() => {
    if (!ended) return
    void refreshAll(client, project.id)
  }, [client, project.id, ended])
  const failed = run.error ?? pictures.error
  if (failed !== null)
    return (
      <ErrorPanel
        error={failed}
        onRetry={() => {
          void run.refetch()
          if (ended) void pictures.refetch()
        }}
      />
    )
  if (run.data === undefined || !ended)
    return (
      <p className={classes.note} role="status">
        {run.data === undefined || run.data.done === 0
          ? 'The model is at work; the first time it is loaded, which takes a moment.'
          : `${number(run.data.done + run.data.failed)} of ${counted(run.data.items, 'picture')} are looked at.`}
      </p>
    )
  const shown = (pictures.data ?? []).flatMap(({ objects }) => above(objects, score))
  return (
    <div className={classes.result}>
      {run.data.state === 'complete' ? null : <p className={classes.note}>Trial {run.data.state}{run.data.reason === null ? '' : `: ${run.data.reason}`}</p>}
      {run.data.problems.map(({ image_id: id, problem }) => (
        <p key={id} className={classes.note}>
          Image {id}: {problem}
        </p>
      ))}
      <div className={classes.scoreBar}>
        <span className="pl-small">Score from {score.toFixed(2)}</span>
        <Slider
          className={classes.slider}
          size="sm"
          min={0}
          max={1}
          step={0.01}
          label={null}
          thumbLabel="Least score that is drawn"
          value={score}
          onChange={setScore}
        />
        <b role="status" aria-label="Objects found">
          {counted(shown.length, 'object')}
        </b>
      </div>
      <p className={classes.note}>
        {tally(shown, project.ontology.classes).map(({ classId, name, count }) => (
          <span key={classId}>
            {name} {count}{' '}
          </span>
        ))}
      </p>
      <div className={classes.pictures}>
        {(pictures.data ?? []).map((picture) => (
          <Drawn key={picture.image_id} picture={picture} score={score} project={project} />
        ))}
      </div>
    </div>
  )
}

function Drawn({ picture, score, project }: { picture: SetPicture; score: number; project: Schemas['ProjectBody'] }) {
  const objects = above(picture.objects, score)
  const size = picture.width === null || picture.height === null ? null : { width: picture.width, height: picture.height }
  return (
    <figure className={classes.drawn}>
      <div className={classes.frame}>
        <LabelledPicture
          src={picture.url}
          alt={picture.key}
          size={size}
          final={null}
          prelabels={objects}
          ontology={project.ontology.classes}
          fit="contain"
          scores
        />
      </div>
      <figcaption>
        <span className={classes.key}>{picture.key}</span> {counted(objects.length, 'object')}
      </figcaption>
    </figure>
  )
}
