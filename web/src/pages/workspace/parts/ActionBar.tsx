// What can be done with the selection, beside it. It follows the view without React.
import { IconCheck, IconTrash } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import { type Viewport, imagePoint, shapeBounds, toScreen } from '@/geometry'
import { isUnchecked, offeredClasses, remove, selectedObject } from '@/document'
import { colourOf } from '@/render'
import { Kbd } from '@/ui/Kbd'
import type { Bench } from '../bench'
import { acceptSelected } from '../preLabels'
import classes from './workspace.module.css'

const GAP_PX = 30

export function ActionBar({ bench }: { bench: Bench }) {
  const bar = useRef<HTMLDivElement>(null)
  const object = useStore(bench.task.labels, selectedObject)
  const isDrafting = useStore(bench.state, (state) => state.isDrafting)
  const isClosed = useStore(bench.task.labels, (state) => state.saveState === 'closed')
  const bounds = object ? shapeBounds(object.shape) : null

  useEffect(() => {
    const place = (view: Viewport): void => {
      if (!bar.current || !bounds) return
      const [x0, y0] = toScreen(view, imagePoint(bounds.x0, bounds.y0))
      const [x1, y1] = toScreen(view, imagePoint(bounds.x1, bounds.y1))
      const { offsetWidth: width, offsetHeight: height } = bar.current
      const isAway = x1 < 0 || y1 < 0 || x0 > view.width || y0 > view.height
      const above = y0 - height - GAP_PX
      const top = above >= 56 ? above : Math.min(y1 + 14, view.height - height - 60)
      const left = Math.min(Math.max((x0 + x1 - width) / 2, 8), view.width - width - 8)
      bar.current.style.transform = `translate(${String(Math.round(left))}px, ${String(Math.round(Math.max(top, 56)))}px)`
      bar.current.style.visibility = isAway ? 'hidden' : 'visible'
    }
    const listener = { onView: place, onCursor: () => undefined }
    bench.moves.add(listener)
    if (bench.stage) place(bench.stage.view)
    return () => {
      bench.moves.delete(listener)
    }
  })

  if (!object || !bounds || isDrafting || bench.isReadOnly || isClosed) return null
  return (
    <div ref={bar} className={classes.actions} role="group" aria-label="Actions on the selection">
      {isUnchecked(object) && (
        <button type="button" className={classes.button} data-tone="ok" onClick={() => acceptSelected(bench)}>
          <IconCheck size={15} aria-hidden />
          Accept <Kbd>↵</Kbd>
        </button>
      )}
      <label className={classes.classPick}>
        <span className="pl-hidden">Class</span>
        <i className="pl-swatch" style={{ background: colourOf(bench.task.ontology, object.class_id) }} aria-hidden />
        <select
          value={object.class_id}
          onChange={(event) => {
            const spec = bench.task.ontology.classes.find(({ class_id }) => class_id === Number(event.target.value))
            if (spec) bench.classify(spec)
            bench.focus()
          }}
        >
          {offeredClasses(bench.task.ontology).map((spec) => (
            <option key={spec.class_id} value={spec.class_id}>
              {spec.name}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        className={classes.button}
        onClick={() => {
          bench.perform(remove([object.id]))
          bench.focus()
        }}
      >
        <IconTrash size={15} aria-hidden />
        <span className="pl-hidden">Delete</span> <Kbd>Del</Kbd>
      </button>
    </div>
  )
}
