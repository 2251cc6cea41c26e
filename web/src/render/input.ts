/** Pointer, wheel and pinch on the canvas, as calls with screen points. Two fingers always move the picture. */

import { type ScreenPoint, screenPoint } from '@/geometry'

export interface Touched {
  readonly screen: ScreenPoint
  readonly alt: boolean
  readonly shift: boolean
  readonly isTouch: boolean
  readonly clicks: number
  /** The middle button: it moves the picture whatever the tool. */
  readonly isMiddle: boolean
}

export interface InputHandlers {
  readonly down: (touched: Touched) => void
  readonly move: (touched: Touched) => void
  readonly up: (touched: Touched) => void
  /** The gesture is taken away: a second finger came, or the system wants the pointer. */
  readonly cancel: () => void
  readonly leave: () => void
  readonly zoom: (factor: number, about: ScreenPoint) => void
  readonly pan: (dx: number, dy: number) => void
}

/** One notch of a wheel (100 px) zooms by this factor. */
const ZOOM_PER_NOTCH = 1.22
const DOUBLE_CLICK_MS = 350
const DOUBLE_CLICK_PX = 6

/** Listen on an element; returns the function that stops. */
export function listen(element: HTMLElement, handlers: InputHandlers): () => void {
  const fingers = new Map<number, ScreenPoint>()
  let isPinching = false
  let lastPress: { readonly at: ScreenPoint; readonly time: number; readonly clicks: number } | null = null

  const at = (event: MouseEvent): ScreenPoint => {
    const { left, top } = element.getBoundingClientRect()
    return screenPoint(event.clientX - left, event.clientY - top)
  }
  const touched = (event: PointerEvent, clicks: number): Touched => ({
    screen: at(event),
    alt: event.altKey,
    shift: event.shiftKey,
    isTouch: event.pointerType === 'touch',
    clicks,
    isMiddle: event.button === 1,
  })
  const countClicks = (event: PointerEvent): number => {
    const here = at(event)
    const isAgain =
      lastPress !== null &&
      event.timeStamp - lastPress.time < DOUBLE_CLICK_MS &&
      Math.hypot(here[0] - lastPress.at[0], here[1] - lastPress.at[1]) < DOUBLE_CLICK_PX
    const clicks = isAgain && lastPress ? lastPress.clicks + 1 : 1
    lastPress = { at: here, time: event.timeStamp, clicks }
    return clicks
  }

  const onDown = (event: PointerEvent): void => {
    if (event.button > 1) return
    if (event.button === 1) event.preventDefault()
    element.focus({ preventScroll: true })
    element.setPointerCapture(event.pointerId)
    if (event.pointerType === 'touch') fingers.set(event.pointerId, at(event))
    if (fingers.size > 1) {
      if (!isPinching) handlers.cancel()
      isPinching = true
      return
    }
    handlers.down(touched(event, countClicks(event)))
  }
  const onMove = (event: PointerEvent): void => {
    if (!isPinching) {
      handlers.move(touched(event, 1))
      return
    }
    const before = fingers.get(event.pointerId)
    if (before === undefined) return
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
    const here = at(event)
    fingers.set(event.pointerId, here)
    if (other === undefined) return
    const length = (a: ScreenPoint): number => Math.max(Math.hypot(a[0] - other[0], a[1] - other[1]), 1)
    const middle = screenPoint((here[0] + other[0]) / 2, (here[1] + other[1]) / 2)
    handlers.pan((here[0] - before[0]) / 2, (here[1] - before[1]) / 2)
    handlers.zoom(length(here) / length(before), middle)
  }
  const onUp = (event: PointerEvent): void => {
    fingers.delete(event.pointerId)
    if (isPinching) {
      // The finger that stays must not begin to draw.
      isPinching = fingers.size > 0
      return
    }
    handlers.up(touched(event, 1))
  }
  const onCancel = (event: PointerEvent): void => {
    fingers.delete(event.pointerId)
    isPinching = isPinching && fingers.size > 0
    handlers.cancel()
  }
  const onLeave = (): void => handlers.leave()
  const onWheel = (event: WheelEvent): void => {
    event.preventDefault()
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1
    handlers.zoom(ZOOM_PER_NOTCH ** ((-event.deltaY * unit) / 100), at(event))
  }
  const onContextMenu = (event: Event): void => event.preventDefault()

  element.addEventListener('pointerdown', onDown)
  element.addEventListener('pointermove', onMove)
  element.addEventListener('pointerup', onUp)
  element.addEventListener('pointercancel', onCancel)
  element.addEventListener('pointerleave', onLeave)
  element.addEventListener('wheel', onWheel, { passive: false })
  element.addEventListener('contextmenu', onContextMenu)
  return () => {
    element.removeEventListener('pointerdown', onDown)
    element.removeEventListener('pointermove', onMove)
    element.removeEventListener('pointerup', onUp)
    element.removeEventListener('pointercancel', onCancel)
    element.removeEventListener('pointerleave', onLeave)
    element.removeEventListener('wheel', onWheel)
    element.removeEventListener('contextmenu', onContextMenu)
  }
}
