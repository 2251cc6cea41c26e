// The DOM mirror of the picture: every object as a row. Only the rows in sight are built; one of them takes the focus.
import { IconCheck, IconChecks, IconEye, IconEyeOff, IconPencil, IconTrash } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import {
  type LabelObject,
  accept,
  currentDocument,
  isUnchecked,
  listedOf,
  reject,
  remove,
  uncheckedOf,
} from '@/document'
import { colourOf, nameOf } from '@/render'
import { Count } from '@/ui/Count'
import { Kbd } from '@/ui/Kbd'
import type { Bench } from '../bench'
import { acceptSelected, acceptViewed, viewedUnchecked } from '../preLabels'
import { type Filter, inColour, isListed, numberOf, originInWords, shapeInWords, sourceInWords } from './rows'
import classes from './workspace.module.css'

const ROW_PX = 40
const SPARE_ROWS = 6
const FILTERS: readonly { id: Filter; label: string }[] = [
  { id: 'all', label: 'All' },
  { id: 'unchecked', label: 'To check' },
  { id: 'mine', label: 'Mine' },
]

export function ObjectList({ bench }: { bench: Bench }) {
  const [filter, setFilter] = useState<Filter>('all')
  const document = useStore(bench.task.labels, currentDocument)
  const unchecked = uncheckedOf(document).length
  const rows = useMemo(() => listedOf(document).filter((object) => isListed(object, filter)), [document, filter])
  return (
    <>
      <div className={classes.listHead}>
        <h2 className="pl-caps">Objects</h2>
        <span className="pl-grow" />
        <div className={classes.segments} role="group" aria-label="Which objects are listed">
          {FILTERS.map(({ id, label }) => (
            <button key={id} type="button" aria-pressed={id === filter} onClick={() => setFilter(id)}>
              {label}
              {id === 'unchecked' && unchecked > 0 && <Count value={unchecked} />}
            </button>
          ))}
        </div>
      </div>
      <Rows bench={bench} rows={rows} />
      <AcceptViewed bench={bench} />
    </>
  )
}

function Rows({ bench, rows }: { bench: Bench; rows: readonly LabelObject[] }) {
  const list = useRef<HTMLDivElement>(null)
  const [scroll, setScroll] = useState({ top: 0, height: 600 })
  const selection = useStore(bench.task.labels, (state) => state.selection)
  const chosen = rows.findIndex(({ id }) => id === selection[0])
  const active = Math.max(chosen, 0)

  useEffect(() => {
    const box = list.current
    if (!box) return undefined
    const observer = new ResizeObserver(() => setScroll({ top: box.scrollTop, height: box.clientHeight }))
    observer.observe(box)
    return () => {
      observer.disconnect()
    }
  }, [])
  useEffect(() => {
    const box = list.current
    if (!box || chosen < 0) return
    const [top, bottom] = [chosen * ROW_PX, (chosen + 1) * ROW_PX]
    if (top < box.scrollTop) box.scrollTop = top
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight
  }, [chosen])

  const first = Math.max(Math.floor(scroll.top / ROW_PX) - SPARE_ROWS, 0)
  const last = Math.min(Math.ceil((scroll.top + scroll.height) / ROW_PX) + SPARE_ROWS, rows.length)

  const onKeyDown = (event: KeyboardEvent) => {
    const next = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: rows.length - 1 }[event.key]
    const object = rows[next === undefined ? active : Math.min(Math.max(next, 0), rows.length - 1)]
    if (!object || event.ctrlKey || event.altKey || event.metaKey) return
    if (next !== undefined) {
      event.preventDefault()
      bench.goTo(object.id)
      focusRow(list.current, object.id)
    } else if (event.key === 'Enter' && event.target instanceof HTMLElement && event.target.dataset.row !== undefined) {
      event.preventDefault()
      bench.goTo(object.id)
      if (isUnchecked(object)) acceptSelected(bench)
      else bench.focus()
    }
  }

  if (rows.length === 0)
    return (
      <div className={classes.rows}>
        <p className={classes.nothing}>Nothing here yet.</p>
      </div>
    )
  return (
    <div
      ref={list}
      className={classes.rows}
      role="list"
      aria-label="Objects"
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget: box }) => setScroll({ top: box.scrollTop, height: box.clientHeight })}
    >
      <div style={{ height: first * ROW_PX }} aria-hidden />
      {rows.slice(first, last).map((object, i) => (
        <Row
          key={object.id}
          bench={bench}
          object={object}
          isActive={first + i === active}
          isSelected={selection.includes(object.id)}
          place={first + i + 1}
          of={rows.length}
        />
      ))}
      <div style={{ height: (rows.length - last) * ROW_PX }} aria-hidden />
    </div>
  )
}

/** The row may have to be built first. */
function focusRow(list: HTMLElement | null, id: string): void {
  requestAnimationFrame(() => list?.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus({ preventScroll: true }))
}

interface RowProps {
  bench: Bench
  object: LabelObject
  isActive: boolean
  isSelected: boolean
  place: number
  of: number
}

function Row({ bench, object, isActive, isSelected, place, of }: RowProps) {
  const { labels, ontology } = bench.task
  const document = useStore(labels, currentDocument)
  const isHidden = useStore(labels, (state) => state.hidden.has(object.id))
  const isPending = isUnchecked(object)
  const name = `${nameOf(ontology, object.class_id)} #${String(numberOf(document, object.id))}`
  const isOff = bench.isReadOnly
  const tabIndex = isActive ? 0 : -1
  return (
    <div
      className={classes.row}
      role="listitem"
      aria-posinset={place}
      aria-setsize={of}
      data-selected={isSelected || undefined}
      data-pending={isPending || undefined}
      style={inColour(colourOf(ontology, object.class_id))}
      onPointerEnter={() => bench.hover(object.id)}
      onPointerLeave={() => bench.hover(null)}
    >
      <button
        type="button"
        className={classes.rowMain}
        data-row={object.id}
        tabIndex={tabIndex}
        aria-current={isSelected || undefined}
        onClick={() => bench.goTo(object.id)}
      >
        <i className={classes.rowMark} aria-hidden />
        <span className={classes.rowText}>
          <span>
            <b>{nameOf(ontology, object.class_id)}</b> #{numberOf(document, object.id)}
          </span>
          <small>
            {isPending ? sourceInWords(object.origin, bench.task.lease.prelabel_source) : shapeInWords(object.shape)}
          </small>
        </span>
      </button>
      {isPending ? (
        <>
          {typeof object.score === 'number' && (
            <span className={classes.score} title="The model's confidence">
              {object.score.toFixed(2)}
            </span>
          )}
          <RowButton
            label={`Accept ${name}`}
            tone="ok"
            tabIndex={tabIndex}
            isOff={isOff}
            onClick={() => bench.perform(accept([object.id]))}
          >
            <IconCheck size={15} aria-hidden />
          </RowButton>
          <RowButton
            label={`Edit ${name}`}
            tabIndex={tabIndex}
            isOff={isOff}
            onClick={() => {
              bench.chooseTool('select')
              bench.goTo(object.id)
              bench.focus()
            }}
          >
            <IconPencil size={15} aria-hidden />
          </RowButton>
          <RowButton
            label={`Delete ${name}`}
            tone="bad"
            tabIndex={tabIndex}
            isOff={isOff}
            onClick={() => bench.perform(reject([object.id]))}
          >
            <IconTrash size={15} aria-hidden />
          </RowButton>
        </>
      ) : (
        <>
          <span className={classes.origin}>{originInWords(object.origin)}</span>
          <RowButton
            label={`${isHidden ? 'Show' : 'Hide'} ${name}`}
            tabIndex={tabIndex}
            onClick={() => labels.actions.setHidden([object.id], !isHidden)}
          >
            {isHidden ? <IconEyeOff size={15} aria-hidden /> : <IconEye size={15} aria-hidden />}
          </RowButton>
          <RowButton
            label={`Delete ${name}`}
            tabIndex={tabIndex}
            isOff={isOff}
            onClick={() => bench.perform(remove([object.id]))}
          >
            <IconTrash size={15} aria-hidden />
          </RowButton>
        </>
      )}
    </div>
  )
}

interface RowButtonProps {
  label: string
  tone?: 'ok' | 'bad'
  tabIndex: number
  isOff?: boolean
  onClick: () => void
  children: React.ReactNode
}

function RowButton({ label, tone, tabIndex, isOff = false, onClick, children }: RowButtonProps) {
  return (
    <button
      type="button"
      className={classes.rowButton}
      data-tone={tone}
      aria-label={label}
      title={label}
      tabIndex={tabIndex}
      disabled={isOff}
      onClick={onClick}
    >
      {children}
    </button>
  )
}

/** Only what was looked at can be accepted in one go. */
function AcceptViewed({ bench }: { bench: Bench }) {
  useStore(bench.state, (state) => state.viewed)
  const unchecked = useStore(bench.task.labels, (state) => uncheckedOf(currentDocument(state)).length)
  if (unchecked === 0 || bench.isReadOnly) return null
  const viewed = viewedUnchecked(bench)
  const notViewed = unchecked - viewed.length
  return (
    <div className={classes.acceptViewed}>
      <button
        type="button"
        className={classes.button}
        disabled={viewed.length === 0}
        onClick={() => acceptViewed(bench)}
      >
        <IconChecks size={15} aria-hidden />
        Accept {viewed.length} viewed {viewed.length === 1 ? 'pre-label' : 'pre-labels'} <Kbd>⇧ A</Kbd>
      </button>
      {notViewed > 0 && <p className="pl-faint pl-small">{notViewed} not looked at yet: too small or out of sight</p>}
    </div>
  )
}
