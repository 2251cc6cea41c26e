// One task on the table: rail, canvas, panel, bottom bar, and the keys that work on them.
import { useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { check, currentDocument, answerOf, uncheckedOf } from '@/document'
import { Bench } from '../bench'
import { KeyRegistry } from '../keys/registry'
import { useKeys } from '../keys/useKeys'
import type { OpenTask } from '../session/openTask'
import type { WorkSession } from '../session/session'
import { exposeForTests } from '../snapshot'
import { BottomBar } from './BottomBar'
import { CanvasView } from './CanvasView'
import { Ended } from './Ended'
import { KeyHelp } from './KeyHelp'
import { Panel, type PanelTab } from './Panel'
import { Rail } from './Rail'
import { TopBits } from './TopBits'
import { UndoBar } from './UndoBar'
import classes from './workspace.module.css'

export interface TableProps {
  session: WorkSession
  task: OpenTask
  projectId: number
}

/** After this time on a task the next one is claimed. */
const PREFETCH_AFTER_MS = 2_500

export function Table({ session, task, projectId }: TableProps) {
  const isReadOnly = !task.lease.holds_seat
  const bench = useMemo(() => new Bench(task, session.classInHand, isReadOnly), [task, session, isReadOnly])
  const [registry] = useState(() => new KeyRegistry())
  const [tab, setTab] = useState<PanelTab>(task.lease.feedback ? 'feedback' : 'objects')
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  const [isHelpOpen, setHelpOpen] = useState(false)
  const ended = useStore(session.state, (state) => state.ended)
  const submit = useSubmit(session, bench)

  useEffect(
    () =>
      bench.state.subscribe(({ activeClass }) => {
        session.classInHand = activeClass?.class_id ?? null
      }),
    [bench, session],
  )
  useEffect(() => exposeForTests(bench), [bench])
  useEffect(() => {
    if (isReadOnly) return undefined
    const timer = setTimeout(() => session.prefetch(), PREFETCH_AFTER_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [session, isReadOnly])

  const showTab = (next: PanelTab): void => {
    setTab(next)
    setDrawerOpen(true)
  }
  useKeys(registry, {
    bench,
    session,
    submit: submit.press,
    showGuidelines: () => showTab('guidelines'),
    searchClass: () => {
      showTab('objects')
      // The field is there once the tab is.
      requestAnimationFrame(() => document.getElementById('class-search')?.focus())
    },
    toggleHelp: () => setHelpOpen((isOpen) => !isOpen),
  })

  return (
    <div className={classes.table} data-drawer={isDrawerOpen || undefined}>
      <h1 className="pl-hidden">{`Label ${task.lease.image.key}`}</h1>
      <TopBits
        session={session}
        task={task}
        projectId={projectId}
        onGuidelines={() => showTab('guidelines')}
        onHelp={() => setHelpOpen(true)}
      />
      <Rail bench={bench} />
      <CanvasView bench={bench} />
      <Panel
        bench={bench}
        task={task}
        projectId={projectId}
        tab={tab}
        onTab={setTab}
        onClose={() => setDrawerOpen(false)}
      />
      <BottomBar
        session={session}
        bench={bench}
        submit={submit}
        isDrawerOpen={isDrawerOpen}
        onDrawer={() => setDrawerOpen(!isDrawerOpen)}
      />
      {(ended !== null || isReadOnly) && <Ended session={session} task={task} ended={ended} />}
      <UndoBar session={session} />
      <LiveRegion bench={bench} />
      <KeyHelp registry={registry} isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  )
}

function LiveRegion({ bench }: { bench: Bench }) {
  const said = useStore(bench.state, (state) => state.said)
  return (
    <div className="pl-hidden" role="status" aria-live="polite">
      {said?.text}
    </div>
  )
}

export interface Submit {
  readonly press: () => void
  /** What the person should know before the second press; null before the first. */
  readonly question: string | null
  readonly forget: () => void
}

/** The first press says what would be refused or left out; the second sends. */
function useSubmit(session: WorkSession, bench: Bench): Submit {
  const [asked, setAsked] = useState<{ readonly question: string; readonly sequence: number } | null>(null)
  const { labels, ontology, lease } = bench.task
  const sequence = useStore(labels, (state) => state.sequence)
  const question = asked?.sequence === sequence ? asked.question : null
  return {
    question,
    forget: () => setAsked(null),
    press: () => {
      if (session.state.getState().ended !== null || bench.isReadOnly) return
      if (bench.state.getState().isDrafting) {
        bench.say('Finish or discard what you are drawing first (Enter or Esc).', true)
        return
      }
      const document = currentDocument(labels.getState())
      const [problem, ...others] = check(document, ontology, lease.image)
      if (problem) {
        if (problem.objectId !== null) bench.goTo(problem.objectId)
        const more = others.length ? ` (and ${String(others.length)} more)` : ''
        bench.say(`This would be refused: ${problem.what}${more}`, true)
        return
      }
      const next = questionBefore(uncheckedOf(document).length, answerOf(document).length)
      if (next === null || question !== null) void session.submit()
      else setAsked({ question: next, sequence })
    },
  }
}

function questionBefore(unchecked: number, answered: number): string | null {
  if (unchecked === 1) return '1 unchecked pre-label will not be part of your answer.'
  if (unchecked > 1) return `${String(unchecked)} unchecked pre-labels will not be part of your answer.`
  return answered === 0
    ? 'Nothing is labelled: your answer says that the picture shows nothing of these classes.'
    : null
}
