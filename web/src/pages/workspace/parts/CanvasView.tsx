// The canvas with what floats on it: hint, actions at the selection, minimap, zoom.
import { IconMaximize, IconMinus, IconPlus } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { type Viewport, screenPoint } from '@/geometry'
import { currentDocument } from '@/document'
import { loadPicture, loadThumbnail } from '@/render'
import { Kbd } from '@/ui/Kbd'
import type { Bench } from '../bench'
import { ActionBar } from './ActionBar'
import { Minimap } from './Minimap'
import classes from './workspace.module.css'

export function CanvasView({ bench }: { bench: Bench }) {
  const host = useRef<HTMLDivElement>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const [attempt, setAttempt] = useState(0)
  const count = useStore(bench.task.labels, (state) => currentDocument(state).objects.length)
  const { image } = bench.task.lease

  useEffect(() => {
    if (host.current === null) return undefined
    const unmount = bench.mount(host.current)
    bench.focus()
    return unmount
  }, [bench])

  useEffect(() => {
    const leaving = new AbortController()
    void showPicture(bench, leaving.signal, setTrouble)
    return () => {
      leaving.abort()
    }
  }, [bench, attempt])

  return (
    <div className={classes.canvas}>
      <div
        ref={host}
        className={classes.host}
        role="application"
        tabIndex={0}
        aria-label={`Picture ${image.key}, ${String(count)} objects`}
        aria-describedby="canvas-help"
      />
      <p id="canvas-help" className="pl-hidden">
        Arrow keys move the selected object. Tab goes to the next unchecked pre-label; press Escape first to leave the
        picture with Tab. Question mark lists all keys. The same objects are in the list on the right.
      </p>
      <Crosshair bench={bench} />
      <HintBar bench={bench} />
      <ActionBar bench={bench} />
      <Minimap bench={bench} />
      <ZoomBar bench={bench} />
      {trouble !== null && (
        <div className={classes.trouble} role="alert">
          <span>{trouble}</span>
          <button
            type="button"
            className={classes.button}
            onClick={() => {
              setTrouble(null)
              setAttempt(attempt + 1)
            }}
          >
            Load again
          </button>
        </div>
      )}
    </div>
  )
}

async function showPicture(bench: Bench, signal: AbortSignal, onTrouble: (why: string | null) => void): Promise<void> {
  const { url, thumbnail_url: thumbnailUrl } = bench.task.lease.image
  const thumbnail = loadThumbnail(thumbnailUrl, signal).then(
    (bitmap) => {
      if (!signal.aborted && !bench.stage?.hasPicture) bench.stage?.showThumbnail(bitmap)
    },
    () => undefined, // the full picture follows
  )
  try {
    const pyramid = await loadPicture(url, signal)
    await thumbnail
    if (signal.aborted) pyramid.close()
    else bench.showPicture(pyramid)
  } catch (error) {
    if (!signal.aborted) onTrouble(error instanceof Error ? error.message : 'The picture could not be loaded.')
  }
}

/** Two lines over the whole canvas at the cursor; moved without React. */
function Crosshair({ bench }: { bench: Bench }) {
  const across = useRef<HTMLDivElement>(null)
  const down = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const listener = {
      onView: () => undefined,
      onCursor: (_: readonly [number, number] | null, screen: readonly [number, number] | null) => {
        for (const line of [across.current, down.current]) if (line) line.hidden = screen === null
        if (screen === null || !across.current || !down.current) return
        across.current.style.transform = `translateY(${String(Math.round(screen[1]))}px)`
        down.current.style.transform = `translateX(${String(Math.round(screen[0]))}px)`
      },
    }
    bench.moves.add(listener)
    return () => {
      bench.moves.delete(listener)
    }
  }, [bench])
  return (
    <div className={classes.crosshair} aria-hidden>
      <div ref={across} data-axis="x" hidden />
      <div ref={down} data-axis="y" hidden />
    </div>
  )
}

const NOTE_LASTS_MS = 4_500

function HintBar({ bench }: { bench: Bench }) {
  const hint = useStore(bench.state, (state) => state.hint)
  const said = useStore(bench.state, (state) => state.said)
  const [over, setOver] = useState<typeof said>(null)
  useEffect(() => {
    const timer = setTimeout(() => setOver(said), NOTE_LASTS_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [said])
  const note = said?.isShown && said !== over ? said.text : null
  if (note !== null)
    return (
      <div className={classes.hint} data-tone="note">
        <b>{note}</b>
      </div>
    )
  return (
    <div className={classes.hint} data-tone={hint.tone}>
      {hint.steps && (
        <span className={classes.steps} aria-hidden>
          {Array.from({ length: hint.steps.of }, (_, i) => (
            <i key={i} data-done={i < (hint.steps?.done ?? 0) || undefined} />
          ))}
        </span>
      )}
      <b>{hint.title}</b>
      {hint.rest.map((part, i) =>
        typeof part === 'string' ? <span key={i}>{part}</span> : <Kbd key={i}>{part.key}</Kbd>,
      )}
    </div>
  )
}

function ZoomBar({ bench }: { bench: Bench }) {
  const [percent, setPercent] = useState(100)
  useEffect(() => {
    const listener = { onView: (view: Viewport) => setPercent(Math.round(view.scale * 100)), onCursor: () => undefined }
    bench.moves.add(listener)
    if (bench.stage) listener.onView(bench.stage.view)
    return () => {
      bench.moves.delete(listener)
    }
  }, [bench])
  const zoom = (factor: number) => {
    const { stage } = bench
    stage?.zoomBy(factor, screenPoint(stage.view.width / 2, stage.view.height / 2))
  }
  return (
    <div className={classes.zoom} role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => zoom(0.8)}>
        <IconMinus size={15} aria-hidden />
      </button>
      <button
        type="button"
        className={classes.percent}
        aria-label={`${String(percent)} percent, set to 100`}
        title="Pixel by pixel"
        onClick={() => bench.stage?.zoomTo(1)}
      >
        {percent} %
      </button>
      <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(1.25)}>
        <IconPlus size={15} aria-hidden />
      </button>
      <button type="button" aria-label="Fit the picture" title="Fit (F)" onClick={() => bench.stage?.fit()}>
        <IconMaximize size={15} aria-hidden />
      </button>
    </div>
  )
}
