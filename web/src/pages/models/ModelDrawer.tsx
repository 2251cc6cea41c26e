// One version in full: its card, its classes and files, what it is called, and what may be said anew of it.
import { Button, Drawer, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { confirm } from '@/ui/confirm'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { RelativeTime } from '@/ui/RelativeTime'
import { bytes, span } from '@/ui/format'
import { toast, toastProblem } from '@/ui/toast'
import { Aliases } from './Aliases'
import { ClassList } from './ClassList'
import { modelQuery, modelsKey, setRetired, type ModelVersion } from './data'
import classes from './drawer.module.css'
import { State, Who, Why } from './ModelTable'
import { Remarks } from './Remarks'
import { FAMILY_WORDS, TASK_WORDS, inputOf, parametersOf } from './words'

const CHECKING_MS = 1_500

const PARTS = {
  content: classes.drawer ?? '',
  header: classes.head ?? '',
  title: classes.title ?? '',
  close: classes.close ?? '',
  body: classes.body ?? '',
}

interface Props {
  id: number
  onClose: () => void
}

export function ModelDrawer({ id, onClose }: Props) {
  const query = useQuery({
    ...modelQuery(id),
    refetchInterval: ({ state }) => (state.data?.state === 'validating' ? CHECKING_MS : false),
  })
  const model = query.data
  return (
    <Drawer.Root opened position="right" size={540} onClose={onClose} classNames={PARTS}>
      <Drawer.Overlay backgroundOpacity={0.35} />
      <Drawer.Content>
        <Drawer.Header>
          <Drawer.Title>{model === undefined ? 'Model' : `${model.name} ${model.version}`}</Drawer.Title>
          {model === undefined ? null : <State model={model} />}
          <span className="pl-grow" />
          <Drawer.CloseButton aria-label="Close" />
        </Drawer.Header>
        <Drawer.Body tabIndex={0} role="region" aria-label="The model">
          {query.isError ? <ErrorPanel error={query.error} onRetry={() => void query.refetch()} /> : null}
          {query.isPending ? <Loading /> : null}
          {model === undefined ? null : <Whole model={model} />}
        </Drawer.Body>
        {model?.state === 'ready' || model?.state === 'retired' ? <Foot model={model} /> : null}
      </Drawer.Content>
    </Drawer.Root>
  )
}

function Whole({ model }: { model: ModelVersion }) {
  const { card } = model
  return (
    <>
      {model.state === 'validating' ? (
        <Part title="Being checked">
          <p className="pl-soft">
            A closed process without a network reads the files, runs the model on a picture and writes its card. It takes
            seconds to a few minutes; this page follows.
          </p>
        </Part>
      ) : null}
      {model.state === 'refused' ? (
        <Part title="Why it was refused">
          <Why model={model} />
        </Part>
      ) : null}
      {card !== null && card.warnings.length > 0 ? (
        <Part title="Mind">
          <ul className={classes.warnings}>
            {card.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Part>
      ) : null}
      {model.state === 'ready' || model.aliases.length > 0 ? (
        <Part title="Aliases">
          <Aliases model={model} />
        </Part>
      ) : null}
      <Part title="Card">
        <Facts model={model} />
      </Part>
      {model.classes.length > 0 ? (
        <Part title="Classes">
          <ClassList list={model.classes} />
        </Part>
      ) : null}
      {card === null ? null : (
        <Part title="Files">
          <ul className={classes.files}>
            {card.files.map((file) => (
              <li key={file.name}>
                <b>{file.name}</b> <span className="pl-soft">{bytes(file.bytes)}</span>
                <code>{file.sha256}</code>
              </li>
            ))}
          </ul>
        </Part>
      )}
      <Part title="Licence and notes">
        <Remarks key={`${model.licence} ${model.notes}`} model={model} />
      </Part>
    </>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.part}>
      <h3 className="pl-caps">{title}</h3>
      {children}
    </section>
  )
}

function Facts({ model }: { model: ModelVersion }) {
  const { card } = model
  const measured = card?.measured
  const thresholds = card?.thresholds
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Kind', card === null ? null : FAMILY_WORDS[card.family]],
    ['Gives', card === null ? null : TASK_WORDS[card.task]],
    ['Architecture', card === null ? null : card.architecture],
    ['Outputs read as', card?.decoder ?? null],
    ['Parameters', card === null ? null : parametersOf(card.parameters ?? 0)],
    ['Input', card?.input ? inputOf(card.input) : null],
    ['Shown from a score of', thresholds ? (thresholds.score ?? 0.5).toFixed(2) : null],
    ['Kept from a score of', thresholds ? (thresholds.floor ?? 0.1).toFixed(2) : null],
    ['Objects a picture, at most', card?.max_objects ?? null],
    ['One picture takes', measured === null || measured === undefined ? null : `${timeOf(measured.seconds_per_image)} on ${measured.device}`],
    ['Memory', measured === null || measured === undefined ? null : bytes(measured.memory_bytes)],
    ['Size', model.bytes === null ? null : bytes(model.bytes)],
    [
      'Added',
      <span key="added">
        <RelativeTime at={model.created_at} /> <Who id={model.requested_by} />
      </span>,
    ],
    ['sha256', model.sha256 === null ? null : <code key="sha">{model.sha256}</code>],
  ]
  return (
    <dl className={classes.facts}>
      {facts
        .filter(([, value]) => value !== null && value !== '')
        .map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}

const timeOf = (seconds: number): string => (seconds < 1 ? `${String(Math.round(1000 * seconds))} ms` : span(seconds))

function Foot({ model }: { model: ModelVersion }) {
  const client = useQueryClient()
  const retired = model.state === 'retired'
  const set = useMutation({
    mutationFn: () => setRetired(model.id, !retired),
    onSuccess: () => {
      toast(`${model.name} ${model.version} ${retired ? 'may be used again' : 'is retired'}`)
    },
    onError: toastProblem,
    onSettled: () => client.invalidateQueries({ queryKey: modelsKey }),
  })
  const ask = async () => {
    const sure =
      retired ||
      (await confirm({
        title: `Retire ${model.name} ${model.version}?`,
        body: 'No project can choose it any more, and it gives no further pre-labels. What it said stays. You can restore it.',
        action: 'Retire',
        danger: true,
      }))
    if (sure) set.mutate()
  }
  return (
    <footer className={classes.foot}>
      <Button variant="default" data-danger={!retired || undefined} loading={set.isPending} onClick={() => void ask()}>
        {retired ? 'Restore' : 'Retire'}
      </Button>
      <span className="pl-small pl-faint">
        {retired ? 'Restored, it can be chosen again.' : 'Retired, it stays here and pre-labels nothing.'}
      </span>
    </footer>
  )
}

function Loading() {
  return (
    <div aria-busy="true" aria-label="Loading" className={classes.part}>
      {[60, 140, 200].map((height) => (
        <Skeleton key={height} height={height} mb={10} />
      ))}
    </div>
  )
}
