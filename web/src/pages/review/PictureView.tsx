// The picture with shapes over it, moved by wheel, drag and pinch. Moving touches the DOM only: React draws shapes.
import { useEffect, useId, useLayoutEffect, useRef, type ReactNode } from 'react'
import type { Schemas } from '@/api/client'
import { type ImagePoint, type Viewport, toScreen } from '@/geometry'
import type { LinkedView } from './linkedView'
import classes from './pictures.module.css'
import { followPointers, type Surface } from './pointers'

export interface Mark {
  readonly id: string
  readonly text: string
  readonly label: string
  readonly at: ImagePoint
  readonly tone: 'open' | 'answered' | 'added'
  readonly selected: boolean
}

interface Props {
  image: Schemas['LeasedImage']
  links: LinkedView
  isMain: boolean
  label: string
  marks?: readonly Mark[]
  onMark?: (id: string) => void
  /** A tool that takes the pointer; null when the picture only moves. */
  surface?: Surface | null
  /** Shapes in image pixels; `hatch` fills with the pattern of disagreement. */
  children: (hatch: string) => ReactNode
}

/** Beyond this many screen pixels for each of the picture, its pixels are shown as they are. */
const CRISP_FROM = 2
const HATCH_PX = 7
const KEY_STEP_PX = 60

export function PictureView({ image, links, isMain, label, marks = [], onMark, surface = null, children }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const hatch = useId()
  const tool = useRef(surface)
  useEffect(() => {
    tool.current = surface
  }, [surface])

  useLayoutEffect(() => {
    const element = host.current
    if (element === null) return
    const canvas = () => ({ width: element.clientWidth, height: element.clientHeight })
    const view = () => (isMain ? links.main() : links.seenIn(canvas()))
    const apply = () => {
      const current = view()
      if (current !== null) show(element, current)
    }
    const unsubscribe = links.subscribe(apply)
    const observer = new ResizeObserver(() => {
      if (isMain) links.place(canvas())
      else apply()
    })
    observer.observe(element)
    if (isMain) links.place(canvas())
    else apply()
    const unfollow = followPointers(element, { view, move: links.move, image: links.image, tool: () => tool.current })
    return () => {
      unsubscribe()
      observer.disconnect()
      unfollow()
    }
  }, [links, isMain])

  // New marks and shapes stand where the view is.
  useLayoutEffect(() => {
    const element = host.current
    const current = element === null ? null : isMain ? links.main() : links.seenIn({ width: element.clientWidth, height: element.clientHeight })
    if (element !== null && current !== null) show(element, current)
  })

  return (
    <div
      ref={host}
      className={classes.view}
      role="application"
      aria-label={`${label}. Arrow keys move the picture, plus and minus zoom.`}
      tabIndex={0}
      style={{ cursor: surface?.cursor }}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget) return
        if (moveByKey(event.key, links)) event.preventDefault()
      }}
    >
      <img
        src={image.url}
        alt=""
        draggable={false}
        style={{ width: image.width, height: image.height, backgroundImage: `url("${image.thumbnail_url}")` }}
      />
      <svg aria-hidden="true">
        <defs>
          <pattern id={hatch} patternUnits="userSpaceOnUse" width={HATCH_PX} height={HATCH_PX}>
            <rect width={HATCH_PX} height={HATCH_PX} className={classes.hatchGround} />
            <rect width={HATCH_PX / 2} height={HATCH_PX} className={classes.hatchLine} />
          </pattern>
        </defs>
        <g>{children(`url(#${hatch})`)}</g>
      </svg>
      {marks.map((mark) => (
        <button
          key={mark.id}
          type="button"
          className={classes.mark}
          data-x={mark.at[0]}
          data-y={mark.at[1]}
          data-tone={mark.tone}
          aria-pressed={mark.selected}
          aria-label={mark.label}
          onClick={() => onMark?.(mark.id)}
        >
          {mark.text}
        </button>
      ))}
    </div>
  )
}

function show(element: HTMLElement, view: Viewport): void {
  const { left, top, scale } = view
  const picture = element.querySelector('img')
  if (picture !== null) {
    picture.style.transform = `translate(${left}px, ${top}px) scale(${scale})`
    picture.style.imageRendering = scale * window.devicePixelRatio > CRISP_FROM ? 'pixelated' : 'auto'
  }
  element.querySelector('svg > g')?.setAttribute('transform', `translate(${left} ${top}) scale(${scale})`)
  element.querySelector('pattern')?.setAttribute('patternTransform', `scale(${1 / scale}) rotate(45)`)
  for (const mark of element.querySelectorAll<HTMLElement>('[data-x]')) {
    const at = [Number(mark.dataset.x), Number(mark.dataset.y)] as unknown as ImagePoint
    const [x, y] = toScreen(view, at)
    // A mark whose object lies outside stays at the edge: it still leads there.
    mark.style.transform = `translate(${within(x, view.width)}px, ${within(y, view.height)}px)`
  }
}

const MARK_MARGIN_PX = 14

const within = (at: number, length: number): number => Math.min(Math.max(at, MARK_MARGIN_PX), length - MARK_MARGIN_PX)

const KEY_ZOOM = 1.25

function moveByKey(key: string, links: LinkedView): boolean {
  const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key]
  if (step !== undefined) links.pan((step[0] ?? 0) * KEY_STEP_PX, (step[1] ?? 0) * KEY_STEP_PX)
  else if (key === '+' || key === '=') links.zoom(KEY_ZOOM)
  else if (key === '-') links.zoom(1 / KEY_ZOOM)
  else return false
  return true
}
