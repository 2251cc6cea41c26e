// Where one is, what is left to check, and the way on. Submit is the only filled button.
import {
  IconAlertTriangle,
  IconChevronLeft,
  IconChevronRight,
  IconCircleCheck,
  IconListDetails,
} from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import { currentDocument, uncheckedOf } from '@/document'
import { number } from '@/ui/format'
import { Kbd } from '@/ui/Kbd'
import { Pill } from '@/ui/Pill'
import type { Bench } from '../bench'
import { goToUnchecked } from '../preLabels'
import type { SessionState, WorkSession } from '../session/session'
import type { Submit } from './useSubmit'
import classes from './workspace.module.css'

interface BottomBarProps {
  session: WorkSession
  bench: Bench
  submit: Submit
  isDrawerOpen: boolean
  onDrawer: () => void
}

export function BottomBar({ session, bench, submit, isDrawerOpen, onDrawer }: BottomBarProps) {
  const unchecked = useStore(bench.task.labels, (state) => uncheckedOf(currentDocument(state)).length)
  const ended = useStore(session.state, (state) => state.ended)
  const isOver = ended !== null || bench.isReadOnly
  const { image } = bench.task.lease
  return (
    <footer className={classes.bottom}>
      <button
        type="button"
        className={classes.button}
        aria-label="Previous unchecked pre-label"
        disabled={unchecked === 0}
        onClick={() => goToUnchecked(bench, -1)}
      >
        <IconChevronLeft size={16} aria-hidden />
      </button>
      <button
        type="button"
        className={classes.button}
        aria-label="Next unchecked pre-label"
        disabled={unchecked === 0}
        onClick={() => goToUnchecked(bench, 1)}
      >
        <IconChevronRight size={16} aria-hidden />
      </button>
      <span className={classes.file} title={image.key}>
        {image.key.split('/').at(-1)}
      </span>
      <span className={classes.facts}>
        {number(image.width)} × {number(image.height)} <CursorPlace bench={bench} />
      </span>
      <span className="pl-grow" />
      {unchecked > 0 && !isOver && (
        <button type="button" className={classes.pillButton} onClick={() => goToUnchecked(bench, 1)}>
          <Pill tone="warn">
            <IconAlertTriangle size={14} stroke={1.75} aria-hidden />
            {unchecked === 1 ? '1 pre-label unchecked' : `${String(unchecked)} pre-labels unchecked`} <Kbd>Tab</Kbd>
          </Pill>
        </button>
      )}
      <NextPill session={session} />
      <button type="button" className={classes.drawerButton} aria-expanded={isDrawerOpen} onClick={onDrawer}>
        <IconListDetails size={16} aria-hidden /> Objects
      </button>
      {!isOver && (
        <>
          <button type="button" className={classes.large} onClick={() => void session.skip()}>
            Skip <Kbd>⌃ .</Kbd>
          </button>
          <button type="button" className={classes.primary} aria-keyshortcuts="Control+Enter" onClick={submit.press}>
            {submit.question === null ? 'Submit & next' : 'Submit anyway'} <Kbd>⌃ ↵</Kbd>
          </button>
        </>
      )}
      {submit.question !== null && (
        <div className={classes.question} role="alert">
          <p>
            {submit.question} <b>Press again to submit.</b>
          </p>
          <div className="pl-row">
            {unchecked > 0 && (
              <button
                type="button"
                className={classes.button}
                onClick={() => {
                  submit.forget()
                  goToUnchecked(bench, 1)
                  bench.focus()
                }}
              >
                Check them <Kbd>Tab</Kbd>
              </button>
            )}
            <button type="button" className={classes.button} onClick={submit.forget}>
              Go on labelling
            </button>
          </div>
        </div>
      )}
    </footer>
  )
}

const NEXT_WORDS: Readonly<Partial<Record<SessionState['next'], string>>> = {
  loading: 'Next image loading',
  ready: 'Next image ready',
  empty: 'This is the last for now',
}

function NextPill({ session }: { session: WorkSession }) {
  const next = useStore(session.state, (state) => state.next)
  const words = NEXT_WORDS[next]
  if (words === undefined) return null
  return (
    <span className={classes.wideOnly}>
      <Pill>
        <IconCircleCheck size={14} stroke={1.75} aria-hidden />
        {words}
      </Pill>
    </span>
  )
}

/** Image pixels under the cursor; written without React. */
function CursorPlace({ bench }: { bench: Bench }) {
  const place = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    const listener = {
      onView: () => undefined,
      onCursor: (at: readonly [number, number] | null) => {
        if (place.current)
          place.current.textContent = at ? `· x ${number(Math.floor(at[0]))} y ${number(Math.floor(at[1]))}` : ''
      },
    }
    bench.moves.add(listener)
    return () => {
      bench.moves.delete(listener)
    }
  }, [bench])
  return <span ref={place} aria-hidden />
}
