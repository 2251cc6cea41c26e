// Prediction sets, and what two of them, or one and the final labels, differ in.
import { Button, Select } from '@mantine/core'
import { IconStack2 } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Schemas } from '@/api/client'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Rows } from '@/ui/Rows'
import { confirm } from '@/ui/confirm'
import { LabelledPicture } from '@/ui/shapes/LabelledPicture'
import { classLook } from '@/ui/shapes/classes'
import { counted, number, ratio } from '@/ui/format'
import { toast, toastProblem } from '@/ui/toast'
import { AcceptanceTable } from './AcceptanceTable'
import { comparisonQuery, itemQuery, setPictureQuery, setsQuery, showSet, type Comparison, type PredictionSet } from './data'
import { countOf } from './words'
import classes from './predictions.module.css'

const FINAL = 'final'
const MATCH_IOU = 0.5
const SHOWN = 8

export function SetsCard({ project }: { project: Schemas['ProjectBody'] }) {
  const sets = useQuery(setsQuery(project.id))
  return (
    <Card title="Prediction sets">
      {sets.isPending ? <Rows count={3} /> : null}
      {sets.isError ? <ErrorPanel error={sets.error} onRetry={() => void sets.refetch()} /> : null}
      {sets.isSuccess && sets.data.length === 0 ? (
        <EmptyState icon={IconStack2} title="No model has said anything yet">
          All that one mapping’s model says of the pictures is a set. Two sets can be compared, and a set with final labels.
        </EmptyState>
      ) : null}
      {sets.data !== undefined && sets.data.length > 0 ? <Sets project={project} sets={sets.data} /> : null}
    </Card>
  )
}

const labelOf = ({ model, version, mapping_id: id }: PredictionSet): string => `${model} ${version}, mapping ${String(id)}`

function Sets({ project, sets }: { project: Schemas['ProjectBody']; sets: readonly PredictionSet[] }) {
  const [a, setA] = useState<string | null>(String(sets[0]?.mapping_id))
  const [b, setB] = useState<string | null>(FINAL)
  const options = sets.map((set) => ({ value: String(set.mapping_id), label: labelOf(set) }))
  return (
    <>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="Table of sets">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Set</th>
              <th scope="col" className={classes.figure}>
                Pictures
              </th>
              <th scope="col" className={classes.figure}>
                Objects
              </th>
              <th scope="col">
                <span className="pl-hidden">What to do with it</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sets.map((set) => (
              <SetRow key={set.mapping_id} projectId={project.id} set={set} />
            ))}
          </tbody>
        </table>
      </div>
      <div className={classes.choose}>
        <Select
          size="xs"
          label="Compare"
          allowDeselect={false}
          value={a}
          onChange={(value) => {
            setA(value)
            if (value === b) setB(FINAL)
          }}
          data={options}
        />
        <Select
          size="xs"
          label="with"
          allowDeselect={false}
          value={b}
          onChange={setB}
          data={[{ value: FINAL, label: 'the final labels' }, ...options.filter(({ value }) => value !== a)]}
        />
      </div>
      {a === null || b === null ? null : (
        <Compared key={`${a} ${b}`} project={project} a={Number(a)} b={b === FINAL ? null : Number(b)} />
      )}
      {a === null ? null : <AcceptanceTable project={project} mappingId={Number(a)} />}
    </>
  )
}

function SetRow({ projectId, set }: { projectId: number; set: PredictionSet }) {
  const show = useMutation({
    mutationFn: () => showSet(projectId, set.mapping_id),
    onSuccess: ({ changed, begun }) => {
      toast(`${counted(changed, 'task')} shows it now; ${number(begun)} had begun and keep theirs`)
    },
    onError: toastProblem,
  })
  const ask = async () => {
    const sure = await confirm({
      title: `Show ${labelOf(set)}?`,
      body: 'Tasks that nobody has begun show these pre-labels instead of what they show now.',
      action: 'Show to annotators',
    })
    if (sure) show.mutate()
  }
  return (
    <tr>
      <td>{labelOf(set)}</td>
      <td className={classes.figure}>{countOf(set.images, set)}</td>
      <td className={classes.figure}>{countOf(set.objects, set)}</td>
      <td>
        <Button
          size="compact-xs"
          variant="default"
          loading={show.isPending}
          onClick={() => {
            void ask()
          }}
        >
          Show to annotators
        </Button>
      </td>
    </tr>
  )
}

interface Pair {
  project: Schemas['ProjectBody']
  a: number
  b: number | null
}

function Compared({ project, a, b }: Pair) {
  const found = useQuery(comparisonQuery(project.id, a, b, MATCH_IOU))
  const [opened, setOpened] = useState<Comparison['differing'][number] | null>(null)
  if (found.isError) return <ErrorPanel error={found.error} onRetry={() => void found.refetch()} />
  if (found.isPending) return <Rows count={3} />
  const { images, is_complete: isComplete, classes: lines, differing } = found.data
  if (images === 0) return <p className={classes.note}>They have no picture in common yet.</p>
  return (
    <>
      <p className={classes.note}>
        {counted(images, 'picture')} in common{isComplete ? '' : ', the first ones only'}; objects match from an IoU of{' '}
        {ratio(MATCH_IOU)}.
      </p>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="Comparison by class">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Class</th>
              {['First', 'Second', 'Matched', 'F1', 'Mean IoU'].map((head) => (
                <th key={head} scope="col" className={classes.figure}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.class_id}>
                <td>{classLook(project.ontology.classes, line.class_id).name}</td>
                <td className={classes.figure}>{number(line.objects_a)}</td>
                <td className={classes.figure}>{number(line.objects_b)}</td>
                <td className={classes.figure}>{number(line.matched)}</td>
                <td className={classes.figure}>{ratio(line.f1)}</td>
                <td className={classes.figure}>{ratio(line.mean_iou)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {differing.length > 0 ? (
        <ul className={classes.runs} aria-label="Pictures that differ most">
          {differing.slice(0, SHOWN).map((picture) => (
            <li key={picture.image_id} className={classes.run}>
              <Button
                size="compact-xs"
                variant="subtle"
                aria-expanded={opened?.image_id === picture.image_id}
                onClick={() => {
                  setOpened(opened?.image_id === picture.image_id ? null : picture)
                }}
              >
                {picture.key}
              </Button>{' '}
              <span className="pl-small pl-soft">
                {number(picture.only_a)} only in the first, {number(picture.only_b)} only in the second,{' '}
                {number(picture.other_class)} of another class
              </span>
              {opened?.image_id === picture.image_id ? <SideBySide project={project} a={a} b={b} picture={picture} /> : null}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  )
}

function SideBySide({ project, a, b, picture }: Pair & { picture: Comparison['differing'][number] }) {
  const first = useQuery(setPictureQuery(project.id, a, picture.image_id))
  const second = useQuery({ ...setPictureQuery(project.id, b ?? 0, picture.image_id), enabled: b !== null })
  const item = useQuery(itemQuery(picture.item_id))
  const failed = first.error ?? second.error ?? item.error
  if (failed !== null) return <ErrorPanel error={failed} />
  if (first.data === undefined || item.data === undefined || (b !== null && second.data === undefined)) return <Rows count={3} />
  const { url, width, height, final } = item.data
  const size = width === null || height === null ? null : { width, height }
  const one = (title: string, finalObjects: typeof final, prelabels: typeof final) => (
    <figure className={classes.drawn}>
      <div className={classes.frame}>
        <LabelledPicture
          src={url}
          alt={picture.key}
          size={size}
          final={finalObjects}
          prelabels={prelabels}
          ontology={project.ontology.classes}
          fit="contain"
          scores
        />
      </div>
      <figcaption>
        {title}, {counted((finalObjects ?? prelabels ?? []).length, 'object')}
      </figcaption>
    </figure>
  )
  return (
    <div className={classes.sides}>
      {one('First set', null, first.data?.objects ?? [])}
      {b === null ? one('Final labels', final, null) : one('Second set', null, second.data?.objects ?? [])}
    </div>
  )
}
