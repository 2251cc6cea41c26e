// Pictures that could not be taken in: why, what helps, and the two ways out.
import { Button, Checkbox, SegmentedControl } from '@mantine/core'
import { IconRefresh, IconShieldCheck, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useProject } from '@/app/project'
import { powersOf, useMe } from '@/api/session'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Page } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { Rows } from '@/ui/Rows'
import { counted, number } from '@/ui/format'
import { usePages } from '@/ui/pages'
import { countsQuery, fetchQuarantined, quarantineKey, type Counts, type QuarantinedImage } from './data'
import classes from './quarantine.module.css'
import { QuarantineTable } from './QuarantineTable'
import { remedyOf } from './reasons'
import { useRemedies } from './useRemedies'

export default function QuarantinePage() {
  const project = useProject()
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const reason = typeof search.reason === 'string' && search.reason !== '' ? search.reason : null
  const everywhere = search.scope === 'all'
  const scope = everywhere ? null : project.id
  const navigate = useNavigate()
  const [ids, setIds] = useState<ReadonlySet<number>>(new Set())
  const clear = () => {
    setIds(new Set())
  }
  const go = (next: { reason: string | null; everywhere: boolean }) => {
    clear()
    const to = { ...(next.reason === null ? {} : { reason: next.reason }), ...(next.everywhere ? { scope: 'all' } : {}) }
    void navigate({ to: '/projects/$projectId/quarantine', params: { projectId: project.id }, search: to, replace: true })
  }

  const me = useMe()
  const mayAct = me.kind === 'client' && (me.role === 'client' || powersOf(me).manages)
  const counts = useQuery(countsQuery(scope))
  const pages = usePages<QuarantinedImage>({
    key: [...quarantineKey, 'images', scope, reason],
    fetch: (after, signal) => fetchQuarantined(scope, reason, after, signal),
  })
  const remedies = useRemedies(project.id, clear)
  const { items } = pages
  const chosen = items.filter((image) => ids.has(image.id))
  const total = counts.data?.images
  const failed = counts.error ?? pages.error

  return (
    <Page
      title="Quarantine"
      hint={total === undefined || total === 0 ? '' : `${counted(total, 'picture')} put aside, each with its reason`}
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Which sources"
          value={everywhere ? 'all' : 'project'}
          onChange={(value) => {
            go({ reason: null, everywhere: value === 'all' })
          }}
          data={[
            { value: 'project', label: 'This project' },
            { value: 'all', label: 'Every source' },
          ]}
        />
      }
    >
      {failed !== null ? (
        <ErrorPanel
          error={failed}
          onRetry={() => {
            void counts.refetch()
            void pages.refetch()
          }}
        />
      ) : null}
      {failed === null && total === 0 ? (
        <Card title="All clear">
          <EmptyState icon={IconShieldCheck} title="Every picture came in">
            Nothing waits here. A file that cannot be read would appear with its reason and what to do about it.
          </EmptyState>
        </Card>
      ) : null}
      {failed === null && total !== 0 ? (
        <>
          <Reasons
            counts={counts.data}
            chosen={reason}
            onChoose={(next) => {
              go({ reason: next, everywhere })
            }}
          />
          <Card
            title={reason === null ? 'Pictures' : remedyOf(reason).title}
            head={
              <span className={classes.actions}>
                {chosen.length > 0 ? <span className="pl-soft pl-small">{chosen.length} chosen</span> : null}
                {mayAct && items.length > 0 ? (
                  <>
                    <Button
                      size="xs"
                      variant="default"
                      leftSection={<IconRefresh size={14} aria-hidden />}
                      onClick={() => {
                        remedies.retry(chosen.length > 0 ? chosen : { scope, reason, count: countOf(counts.data, reason) })
                      }}
                    >
                      {chosen.length > 0 ? 'Try again' : 'Try all again'}
                    </Button>
                    <Button
                      size="xs"
                      variant="default"
                      data-danger={chosen.length > 0 || undefined}
                      disabled={chosen.length === 0}
                      leftSection={<IconTrash size={14} aria-hidden />}
                      onClick={() => {
                        remedies.discard(chosen)
                      }}
                    >
                      Discard
                    </Button>
                  </>
                ) : null}
              </span>
            }
          >
            {pages.isPending ? <Rows count={8} /> : null}
            {items.length > 0 ? (
              <QuarantineTable
                images={items}
                chosen={ids}
                mayAct={mayAct}
                onChoose={setIds}
                onRetry={(image) => {
                  remedies.retry([image])
                }}
                onDiscard={(image) => {
                  remedies.discard([image])
                }}
              />
            ) : null}
            {pages.isSuccess && items.length === 0 ? (
              <EmptyState icon={IconShieldCheck} title="Nothing left of this reason" />
            ) : null}
            <Pager {...pages} />
          </Card>
        </>
      ) : null}
      {remedies.dialog}
    </Page>
  )
}

const countOf = (counts: Counts | undefined, reason: string | null): number =>
  reason === null ? (counts?.images ?? 0) : (counts?.reasons.find((line) => line.reason === reason)?.images ?? 0)

interface ReasonsProps {
  counts: Counts | undefined
  chosen: string | null
  onChoose: (reason: string | null) => void
}

function Reasons({ counts, chosen, onChoose }: ReasonsProps) {
  if (counts === undefined) return <Rows count={1} height={82} />
  const lines = [...counts.reasons].sort((a, b) => b.images - a.images)
  return (
    <ul className={classes.reasons} aria-label="Reasons">
      {lines.map(({ reason, images }) => {
        const { title, remedy } = remedyOf(reason)
        return (
          <li key={reason}>
            <Checkbox.Card
              className={classes.reason}
              checked={chosen === reason}
              aria-label={`${title}, ${counted(images, 'picture')}`}
              onClick={() => {
                onChoose(chosen === reason ? null : reason)
              }}
            >
              <b>{number(images)}</b>
              <span className={classes.title}>{title}</span>
              <span className="pl-soft pl-small">{remedy}</span>
            </Checkbox.Card>
          </li>
        )
      })}
    </ul>
  )
}
