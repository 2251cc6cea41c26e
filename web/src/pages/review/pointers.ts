// Pointers over a picture: the wheel zooms, a drag moves, two fingers pinch; what a tool wants goes to the tool.
import { type Size, type Viewport, pan, screenPoint, toImage, zoomAbout } from '@/geometry'
import type { Pointer } from '@/tools'

/** A tool as the picture sees it. */
export interface Surface {
  readonly cursor: string
  readonly down: (pointer: Pointer) => void
  readonly move: (pointer: Pointer) => void
  readonly up: (pointer: Pointer) => void
}

interface Target {
  readonly view: () => Viewport | null
  readonly move: (view: Viewport) => void
  readonly image: Size
  readonly tool: () => Surface | null
}

const WHEEL_ZOOM = 0.0016
const DRAG_PX = 3
const DOUBLE_CLICK_MS = 350

interface Held {
  x: number
  y: number
}

/** Follow the pointers of an element; returns what ends it. */
export function followPointers(element: HTMLElement, target: Target): () => void {
  const held = new Map<number, Held>()
  let drawing: number | null = null
  let dragged = false
  let spaceHeld = false
  let lastDown = { time: -Infinity, x: 0, y: 0 }
  let clicks = 1

  const at = (event: PointerEvent | WheelEvent) => {
    const box = element.getBoundingClientRect()
    return screenPoint(event.clientX - box.left, event.clientY - box.top)
  }
  const pointerOf = (event: PointerEvent, view: Viewport): Pointer => ({
    at: toImage(view, at(event)),
    screen: at(event),
    alt: event.altKey,
    shift: event.shiftKey,
    isTouch: event.pointerType === 'touch',
    clicks,
  })
  const withTool = (event: PointerEvent, what: (tool: Surface, pointer: Pointer) => void) => {
    const [tool, view] = [target.tool(), target.view()]
    if (tool !== null && view !== null) what(tool, pointerOf(event, view))
  }

  const onWheel = (event: WheelEvent) => {
    event.preventDefault()
    const view = target.view()
    if (view !== null) target.move(zoomAbout(view, at(event), Math.exp(-event.deltaY * WHEEL_ZOOM), target.image))
  }

  const onDown = (event: PointerEvent) => {
    if (event.target instanceof Element && event.target.closest('button') !== null) return
    const [x, y] = at(event)
    held.set(event.pointerId, { x, y })
    dragged = false
    const again = event.timeStamp - lastDown.time < DOUBLE_CLICK_MS && Math.hypot(x - lastDown.x, y - lastDown.y) <= DRAG_PX
    clicks = again ? 2 : 1
    lastDown = { time: event.timeStamp, x, y }
    if (target.tool() !== null && event.button === 0 && !spaceHeld && held.size === 1) {
      drawing = event.pointerId
      element.setPointerCapture(event.pointerId)
      withTool(event, (tool, pointer) => {
        tool.down(pointer)
      })
    } else if (drawing !== null && held.size > 1) drawing = null
  }

  const onMove = (event: PointerEvent) => {
    const [x, y] = at(event)
    const from = held.get(event.pointerId)
    if (from === undefined || drawing === event.pointerId) {
      if (from === undefined || drawing !== null)
        withTool(event, (tool, pointer) => {
          tool.move(pointer)
        })
      return
    }
    const view = target.view()
    if (view === null) return
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1]
    if (!dragged && other === undefined && Math.hypot(x - from.x, y - from.y) < DRAG_PX) return
    if (!dragged) element.setPointerCapture(event.pointerId)
    dragged = true
    if (other === undefined) target.move(pan(view, x - from.x, y - from.y, target.image))
    else {
      const factor = Math.hypot(x - other.x, y - other.y) / Math.max(Math.hypot(from.x - other.x, from.y - other.y), 1)
      const middle = screenPoint((x + other.x) / 2, (y + other.y) / 2)
      const moved = pan(view, (x - from.x) / 2, (y - from.y) / 2, target.image)
      target.move(zoomAbout(moved, middle, factor, target.image))
    }
    held.set(event.pointerId, { x, y })
  }

  const onUp = (event: PointerEvent) => {
    if (!held.delete(event.pointerId)) return
    if (drawing !== event.pointerId) return
    drawing = null
    if (event.type === 'pointerup')
      withTool(event, (tool, pointer) => {
        tool.up(pointer)
      })
  }

  // A drag that ends over a shape is no choice of that shape.
  const onClick = (event: MouseEvent) => {
    if (dragged) event.stopPropagation()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.code === 'Space') spaceHeld = event.type === 'keydown'
  }
  const onMouseDown = (event: MouseEvent) => {
    if (event.button === 1) event.preventDefault() // no autoscroll: the middle button moves the picture
  }

  element.addEventListener('wheel', onWheel, { passive: false })
  element.addEventListener('pointerdown', onDown)
  element.addEventListener('pointermove', onMove)
  element.addEventListener('pointerup', onUp)
  element.addEventListener('pointercancel', onUp)
  element.addEventListener('click', onClick, true)
  element.addEventListener('mousedown', onMouseDown)
  window.addEventListener('keydown', onKey)
  window.addEventListener('keyup', onKey)
  return () => {
    element.removeEventListener('wheel', onWheel)
    element.removeEventListener('pointerdown', onDown)
    element.removeEventListener('pointermove', onMove)
    element.removeEventListener('pointerup', onUp)
    element.removeEventListener('pointercancel', onUp)
    element.removeEventListener('click', onClick, true)
    element.removeEventListener('mousedown', onMouseDown)
    window.removeEventListener('keydown', onKey)
    window.removeEventListener('keyup', onKey)
  }
}
