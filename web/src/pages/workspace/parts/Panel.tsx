// The right panel: objects, guidelines, and a reviewer's words on work that came back.
import { IconX } from '@tabler/icons-react'
import { useStore } from 'zustand'
import { currentDocument } from '@/document'
import { Count } from '@/ui/Count'
import type { Bench } from '../bench'
import type { OpenTask } from '../session/openTask'
import { Guidelines } from './Guidelines'
import { ObjectList } from './ObjectList'
import { Palette } from './Palette'
import { SelectionCard } from './SelectionCard'
import classes from './workspace.module.css'

export type PanelTab = 'objects' | 'guidelines' | 'feedback'

interface PanelProps {
  bench: Bench
  task: OpenTask
  projectId: number
  tab: PanelTab
  onTab: (tab: PanelTab) => void
  onClose: () => void
}

export function Panel({ bench, task, projectId, tab, onTab, onClose }: PanelProps) {
  const count = useStore(task.labels, (state) => currentDocument(state).objects.length)
  const tabs: readonly { id: PanelTab; label: string; count?: number }[] = [
    { id: 'objects', label: 'Objects', count },
    { id: 'guidelines', label: 'Guidelines' },
    ...(task.lease.feedback ? [{ id: 'feedback' as const, label: 'Feedback', count: 1 }] : []),
  ]
  return (
    <aside className={classes.panel} aria-label="Objects and guidelines">
      <div className={classes.tabs}>
        <div role="tablist" aria-label="Panel">
          {tabs.map(({ id, label, count: n }) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={`tab-${id}`}
              aria-selected={id === tab}
              aria-controls="panel-content"
              tabIndex={id === tab ? 0 : -1}
              onClick={() => onTab(id)}
              onKeyDown={(event) => {
                const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
                const next = tabs[(tabs.findIndex((one) => one.id === id) + step + tabs.length) % tabs.length]
                if (step === 0 || !next) return
                onTab(next.id)
                document.getElementById(`tab-${next.id}`)?.focus()
              }}
            >
              {label}
              {n !== undefined && <Count value={n} />}
            </button>
          ))}
        </div>
        <button type="button" className={classes.drawerClose} aria-label="Close the panel" onClick={onClose}>
          <IconX size={16} aria-hidden />
        </button>
      </div>
      <div id="panel-content" className={classes.content} role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'objects' && (
          <>
            <Palette bench={bench} />
            <SelectionCard bench={bench} />
            <ObjectList bench={bench} />
          </>
        )}
        {tab === 'guidelines' && <Guidelines projectId={projectId} />}
        {tab === 'feedback' && (
          <div className={classes.prose}>
            <h2 className="pl-caps">From the reviewer</h2>
            <blockquote>{task.lease.feedback}</blockquote>
            <p className="pl-faint">Your last answer is on the picture. Correct it and submit again.</p>
          </div>
        )}
      </div>
    </aside>
  )
}
