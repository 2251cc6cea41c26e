// One task on the table: rail, canvas, panel, bottom bar, and the keys that work on them.
import { useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
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
import { useSubmit } from './useSubmit'
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
