// Messages that were given up: how many of each queue and reason, each in full, and the two ways out.
import { Button, Checkbox, SegmentedControl, Select } from '@mantine/core'
import { IconArrowBackUp, IconDownload, IconMailCheck, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { deadLettersQuery } from '@/api/queries'
import { powersOf, useMe } from '@/api/session'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Page } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { Rows } from '@/ui/Rows'
import { counted, number } from '@/ui/format'
import { usePages } from '@/ui/pages'
import classes from './deadletters.module.css'
import { fetchLetters, lettersKey, type Letter, type Summary } from './data'
import { QUEUES, STATES, parseFilters, searchOf, type Filters } from './filters'
import { LetterDrawer } from './LetterDrawer'
import { LetterTable } from './LetterTable'
import { useDecisions, type Chosen } from './useDecisions'
import { STATE_WORDS, reasonOf } from './words'

export default function DeadLettersPage() {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false })
  const filters = useMemo(() => parseFilters(search), [search])
  const openedId = Number(search.letter) || null
  const navigate = useNavigate()
  const [ids, setIds] = useState<ReadonlySet<number>>(new Set())
  const clear = () => {
    setIds(new Set())
  }
  const go = (next: Filters, letter: number | null = null) => {
    const to = { ...searchOf(next), ...(letter === null ? {} : { letter }) }
    void navigate({ to: '/dead-letters', search: to, replace: true })
  }
  const filter = (next: Filters) => {
    clear()
    go(next)
  }

  const me = useMe()
  const waiting = filters.state === 'dead'
  const mayDecide = me.role === 'client' || powersOf(me).manages
  const summary = useQuery({ ...deadLettersQuery, refetchInterval: 15_000 })
  const pages = usePages<Letter>({
    key: [...lettersKey, 'list', filters],
    fetch: (after, signal) => fetchLetters(filters, after, signal),
  })
  const decisions = useDecisions(clear)
  const { items } = pages
  const at = items.findIndex((letter) => letter.id === openedId)
  const failed = summary.error ?? pages.error
  const nothing = waiting && summary.data?.letters === 0

  return (
    <Page
      title="Dead letters"
      hint={summary.data === undefined || nothing ? '' : `${counted(summary.data.letters, 'message')} given up, each with its reason`}
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Which letters"
          value={filters.state}
          onChange={(state) => {
            filter({ state: STATES.find((name) => name === state) ?? 'dead' })
          }}
          data={STATES.map((state) => ({ value: state, label: STATE_WORDS[state] }))}
        />
      }
    >
      {failed !== null ? (
        <ErrorPanel
          error={failed}
          onRetry={() => {
            void summary.refetch()
            void pages.refetch()
          }}
        />
      ) : null}
      {failed === null && nothing ? (
        <Card title="Nothing died">
          <EmptyState icon={IconMailCheck} title="Every message was handled">
            Pictures, tasks and releases travel between the parts of Plumbline as messages. One that could not be handled
            would wait here, with its reason and what to do about it.
          </EmptyState>
        </Card>
      ) : null}
      {failed === null && !nothing ? (
        <>
          {waiting ? <Reasons summary={summary.data} filters={filters} onChoose={filter} /> : null}
          <Card
            title={titleOf(filters)}
            head={
              <Head
                filters={filters}
                mayAct={waiting && mayDecide && items.length > 0}
                chosen={chosenOf(items, ids, filters, summary.data)}
                some={ids.size > 0}
                onFilter={filter}
                onRedrive={decisions.redrive}
                onDiscard={decisions.discard}
              />
            }
          >
            {pages.isPending ? <Rows count={8} /> : null}
            {items.length > 0 ? (
              <LetterTable
                letters={items}
                chosen={ids}
                mayAct={waiting && mayDecide}
                onChoose={setIds}
                onOpen={(letter) => {
                  go(filters, letter.id)
                }}
                onRedrive={(letter) => {
                  decisions.redrive(only(letter))
                }}
                onDiscard={(letter) => {
                  decisions.discard(only(letter))
                }}
              />
            ) : null}
            {pages.isSuccess && items.length === 0 ? (
              <EmptyState icon={IconMailCheck} title={waiting ? 'Nothing left of this' : `Nothing ${STATE_WORDS[filters.state].toLowerCase()}`} />
            ) : null}
            <Pager {...pages} />
          </Card>
        </>
      ) : null}
      {openedId === null ? null : (
        <LetterDrawer
          letterId={openedId}
          mayAct={mayDecide}
          onStep={
            at < 0
              ? null
              : (step) => {
                  go(filters, items[(at + step + items.length) % items.length]?.id ?? null)
                }
          }
          onRedrive={(letter) => {
            decisions.redrive(only(letter))
          }}
          onDiscard={(letter) => {
            decisions.discard(only(letter))
          }}
          onClose={() => {
            go(filters)
          }}
        />
      )}
      {decisions.dialog}
    </Page>
  )
}

const only = (letter: Letter): Chosen => ({ target: { letter_ids: [letter.id] }, count: 1 })

/** The letters that the buttons of the head are about: those chosen, else all that fit the filter. */
function chosenOf(items: readonly Letter[], ids: ReadonlySet<number>, filters: Filters, summary: Summary | undefined): Chosen {
  const chosen = items.filter((letter) => ids.has(letter.id))
  if (chosen.length > 0) return { target: { letter_ids: chosen.map((letter) => letter.id) }, count: chosen.length }
  const { queue, reason } = filters
  const fitting = summary?.reasons.filter((line) => fits(line, filters)) ?? []
  return {
    target: { filter: { ...(queue ? { queue } : {}), ...(reason ? { reason } : {}) } },
    count: fitting.reduce((sum, line) => sum + line.letters, 0),
  }
}

const fits = (line: Summary['reasons'][number], { queue, reason }: Filters): boolean =>
  (queue === undefined || line.queue === queue) && (reason === undefined || line.reason === reason)

function titleOf({ state, queue, reason }: Filters): string {
  const what = reason === undefined ? 'Letters' : reasonOf(reason)
  const where = queue === undefined ? '' : ` in ${queue}`
  return state === 'dead' ? `${what}${where}` : `${STATE_WORDS[state]} letters${where}`
}

interface HeadProps {
  filters: Filters
  mayAct: boolean
  chosen: Chosen
  some: boolean
  onFilter: (filters: Filters) => void
  onRedrive: (chosen: Chosen) => void
  onDiscard: (chosen: Chosen) => void
}

function Head({ filters, mayAct, chosen, some, onFilter, onRedrive, onDiscard }: HeadProps) {
  const csv = new URLSearchParams({ state: filters.state, ...searchOf(filters) })
  return (
    <span className={classes.actions}>
      {some ? (
        <span className="pl-soft pl-small" role="status">
          {chosen.count} chosen
        </span>
      ) : null}
      <Select
        size="xs"
        w={130}
        aria-label="Queue"
        placeholder="Every queue"
        clearable
        clearButtonProps={{ 'aria-label': 'Every queue' }}
        data={[...QUEUES]}
        value={filters.queue ?? null}
        onChange={(value) => {
          const queue = QUEUES.find((name) => name === value)
          onFilter({ state: filters.state, ...(queue ? { queue } : {}), ...(filters.reason ? { reason: filters.reason } : {}) })
        }}
      />
      <Button
        size="xs"
        variant="default"
        component="a"
        href={`/v1/dead-letters.csv?${csv.toString()}`}
        download
        leftSection={<IconDownload size={14} aria-hidden />}
      >
        CSV
      </Button>
      {mayAct ? (
        <>
          <Button
            size="xs"
            variant="default"
            disabled={chosen.count === 0}
            leftSection={<IconArrowBackUp size={14} aria-hidden />}
            onClick={() => {
              onRedrive(chosen)
            }}
          >
            {some ? 'Re-drive' : 'Re-drive all'}
          </Button>
          <Button
            size="xs"
            variant="default"
            data-danger={some || undefined}
            disabled={chosen.count === 0}
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => {
              onDiscard(chosen)
            }}
          >
            {some ? 'Discard' : 'Discard all'}
          </Button>
        </>
      ) : null}
    </span>
  )
}

interface ReasonsProps {
  summary: Summary | undefined
  filters: Filters
  onChoose: (filters: Filters) => void
}

function Reasons({ summary, filters, onChoose }: ReasonsProps) {
  if (summary === undefined) return <Rows count={1} height={82} />
  return (
    <ul className={classes.reasons} aria-label="Queues and reasons">
      {summary.reasons.map((line) => {
        const chosen = filters.queue === line.queue && filters.reason === line.reason
        return (
          <li key={`${line.queue} ${line.reason}`}>
            <Checkbox.Card
              className={classes.reason}
              checked={chosen}
              aria-label={`${reasonOf(line.reason)} in ${line.queue}, ${counted(line.letters, 'letter')}`}
              onClick={() => {
                onChoose(chosen ? { state: 'dead' } : { state: 'dead', queue: line.queue, reason: line.reason })
              }}
            >
              <b>{number(line.letters)}</b>
              <span className={classes.title}>
                {reasonOf(line.reason)} <span className="pl-faint">in {line.queue}</span>
              </span>
              <span className="pl-soft pl-small">{line.remedy}</span>
            </Checkbox.Card>
          </li>
        )
      })}
    </ul>
  )
}
