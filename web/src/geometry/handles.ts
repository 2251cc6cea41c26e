/** Which handles a selected shape shows and where: box handles by name, ring vertices thinned to what fits the screen. */

import { type Bounds, cornersOf, heightOf, widthOf } from './bounds'
import { type ImagePoint, distance, imagePoint } from './points'
import type { Ring } from './shapes'

export type BoxHandle = 'nw' | 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w'

export const BOX_HANDLES: readonly BoxHandle[] = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w']

/** Side handles come only where they leave room (image px between neighbours). */
export function boxHandles(box: Bounds, minGap: number): readonly { handle: BoxHandle; at: ImagePoint }[] {
  const [nw, ne, se, sw] = cornersOf(box)
  const [cx, cy] = [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2]
  const wide = widthOf(box) >= 2 * minGap
  const high = heightOf(box) >= 2 * minGap
  return [
    { handle: 'nw', at: nw },
    ...(wide ? [{ handle: 'n' as const, at: imagePoint(cx, box.y0) }] : []),
    { handle: 'ne', at: ne },
    ...(high ? [{ handle: 'e' as const, at: imagePoint(box.x1, cy) }] : []),
    { handle: 'se', at: se },
    ...(wide ? [{ handle: 's' as const, at: imagePoint(cx, box.y1) }] : []),
    { handle: 'sw', at: sw },
    ...(high ? [{ handle: 'w' as const, at: imagePoint(box.x0, cy) }] : []),
  ]
}

/** Move the sides that a handle holds to a place. The result may be inside out; `boundsBetween` its corners if so. */
export function dragBoxHandle(box: Bounds, handle: BoxHandle, to: ImagePoint): Bounds {
  let { x0, y0, x1, y1 } = box
  if (handle.includes('w')) x0 = to[0]
  if (handle.includes('e')) x1 = to[0]
  if (handle.includes('n')) y0 = to[1]
  if (handle.includes('s')) y1 = to[1]
  return { x0: Math.min(x0, x1), y0: Math.min(y0, y1), x1: Math.max(x0, x1), y1: Math.max(y0, y1) }
}

/**
 * The indices of the vertices to show, ascending: walking along the ring, each is at least `minGap` (image px) from the
 * one shown before it, and from the first at the end. Nothing is lost: zooming in shows the others.
 */
export function thinVertices(ring: Ring, minGap: number): readonly number[] {
  const shown: number[] = []
  let last: ImagePoint | null = null
  ring.forEach((point, i) => {
    if (last !== null && distance(last, point) < minGap) return
    shown.push(i)
    last = point
  })
  const first = ring[0]
  const end = shown.length > 1 ? ring[shown.at(-1) ?? 0] : undefined
  if (first && end && distance(first, end) < minGap) shown.pop()
  return shown
}

/** Whether an edge is long enough (image px) to offer a midpoint between its two handles. */
export const hasRoomForMidpoint = (a: ImagePoint, b: ImagePoint, minGap: number): boolean =>
  distance(a, b) >= 2 * minGap
