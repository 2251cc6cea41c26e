// How far people agree, each figure with its 95 % interval over images. Without two answers on an image: nothing.
import { IconUsers } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { api, take, type Schemas } from '@/api/client'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { counted, number, ratio } from '@/ui/format'
import { Rows } from '@/ui/Rows'
import small from '@/ui/small.module.css'
import { IntervalMark } from './IntervalMark'
import classes from './overview.module.css'

type Agreement = Schemas['AgreementBody']

interface AgreementCardProps {
  projectId: number
  ontology: Schemas['Ontology']
}

export function AgreementCard({ projectId, ontology }: AgreementCardProps) {
  const query = useQuery({
    queryKey: ['agreement', projectId],
    queryFn: () =>
      take(api.GET('/v1/projects/{project_id}/agreement', { params: { path: { project_id: projectId } } })),
    refetchInterval: 30_000,
  })
  const agreement = query.data
  const head = agreement && agreement.items > 0 && (
    <>
      <span className="pl-grow" />
      <span className="pl-small pl-faint">
        {counted(agreement.items, 'image')}, {counted(agreement.pairs, 'pair')} of answers
      </span>
    </>
  )
  return (
    <Card title="Agreement" head={head}>
      {query.isPending && <Rows count={5} />}
      {query.isError && <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />}
      {agreement?.items === 0 && (
        <EmptyState icon={IconUsers} title="Nothing to compare yet">
          As soon as two people have answered the same image, how far they agree stands here.
        </EmptyState>
      )}
      {agreement !== undefined && agreement.items > 0 && <Figures agreement={agreement} ontology={ontology} />}
    </Card>
  )
}

function Figures({ agreement, ontology }: { agreement: Agreement; ontology: Schemas['Ontology'] }) {
  const colours = new Map(ontology.classes.map((spec) => [spec.class_id, spec.colour]))
  return (
    <>
      <div className={classes.figures}>
        <table className={small.table}>
          <caption className="pl-hidden">Agreement with 95 % intervals</caption>
          <thead>
            <tr>
              <th scope="col">Measure</th>
              <th scope="col">95 % interval</th>
              <th scope="col" data-right>
                Value
              </th>
            </tr>
          </thead>
          <tbody>
            <Measure name="Objects found by both" hint="F1 of matched objects" interval={agreement.match_f1} />
            <Measure name="Overlap of matches" hint="mean IoU" interval={agreement.mean_iou} />
            <Measure name="Class, given a match" hint="Krippendorff’s α" interval={agreement.alpha} />
            <Measure name="Tags of the image" hint="Krippendorff’s α" interval={agreement.tag_alpha} />
          </tbody>
        </table>
        <table className={small.table}>
          <caption className="pl-hidden">Agreement by class</caption>
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col" data-right>
                Objects
              </th>
              <th scope="col" data-right>
                F1
              </th>
              <th scope="col" data-right>
                IoU
              </th>
            </tr>
          </thead>
          <tbody>
            {agreement.classes.map((one) => (
              <tr key={one.class_id}>
                <th scope="row">
                  <span className="pl-row">
                    <i className="pl-swatch" style={{ background: colours.get(one.class_id) }} aria-hidden />
                    {one.name}
                  </span>
                </th>
                <td data-right>{number(one.objects)}</td>
                <td data-right>{ratio(one.match_f1)}</td>
                <td data-right>{ratio(one.mean_iou)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {agreement.items_with_prelabels > 0 && (
        <p className={classes.caution}>
          On {number(agreement.items_with_prelabels)} of {number(agreement.items)} images people were shown a model’s
          objects, which makes them agree more than they would alone.
        </p>
      )}
    </>
  )
}

function Measure({ name, hint, interval }: { name: string; hint: string; interval: Schemas['Interval'] }) {
  if (interval.value === null) return null
  return (
    <tr>
      <th scope="row">
        {name}
        <div className="pl-faint pl-small">{hint}</div>
      </th>
      <td>
        <IntervalMark interval={interval} />
      </td>
      <td data-right>
        <strong>{ratio(interval.value)}</strong>
      </td>
    </tr>
  )
}
