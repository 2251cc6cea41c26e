// Where in the picture one is: the thumbnail with a frame; press or drag to go elsewhere. Moved without React.
import { type PointerEvent, useEffect, useRef, useState } from 'react'
import { type Viewport, imagePoint, toScreen, visibleBounds } from '@/geometry'
import type { Bench } from '../bench'
import classes from './workspace.module.css'

const LONGEST_PX = 148

export function Minimap({ bench }: { bench: Bench }) {
  const frame = useRef<HTMLElement>(null)
  const [isWhole, setWhole] = useState(true)
  const { image } = bench.task.lease
  const scale = LONGEST_PX / Math.max(image.width, image.height * 1.34)
  const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)]

  useEffect(() => {
    const listener = {
      onCursor: () => undefined,
      onView: (view: Viewport) => {
        const seen = visibleBounds(view)
        const [x0, y0] = [Math.max(seen.x0, 0) * scale, Math.max(seen.y0, 0) * scale]
        const [x1, y1] = [Math.min(seen.x1, image.width) * scale, Math.min(seen.y1, image.height) * scale]
        setWhole(x0 <= 0 && y0 <= 0 && x1 >= width - 1 && y1 >= height - 1)
        if (!frame.current) return
        frame.current.style.transform = `translate(${String(x0)}px, ${String(y0)}px)`
        frame.current.style.width = `${String(Math.max(x1 - x0, 2))}px`
        frame.current.style.height = `${String(Math.max(y1 - y0, 2))}px`
      },
    }
    bench.moves.add(listener)
    if (bench.stage) listener.onView(bench.stage.view)
    return () => {
      bench.moves.delete(listener)
    }
  }, [bench, scale, image.width, image.height, width, height])

  const go = (event: PointerEvent<HTMLDivElement>) => {
    const { stage } = bench
    if (!stage || event.buttons !== 1) return
    const box = event.currentTarget.getBoundingClientRect()
    const at = imagePoint((event.clientX - box.left) / scale, (event.clientY - box.top) / scale)
    const [x, y] = toScreen(stage.view, at)
    stage.panBy(stage.view.width / 2 - x, stage.view.height / 2 - y)
  }
  return (
    <div
      className={classes.mini}
      style={{ width, height }}
      data-whole={isWhole || undefined}
      aria-hidden
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        go(event)
      }}
      onPointerMove={go}
    >
      <img src={image.thumbnail_url} alt="" width={width} height={height} draggable={false} />
      <i ref={frame} />
    </div>
  )
}
