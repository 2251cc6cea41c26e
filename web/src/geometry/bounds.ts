/** Upright rectangles in image pixels. An empty one does not exist: `null` says that there is nothing. */

import { type ImagePoint, imagePoint } from './points'

export interface Bounds {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

export function boundsOf(points: Iterable<ImagePoint>): Bounds | null {
  let x0 = Infinity
  let y0 = Infinity
  let x1 = -Infinity
  let y1 = -Infinity
  for (const [x, y] of points) {
    if (x < x0) x0 = x
    if (x > x1) x1 = x
    if (y < y0) y0 = y
    if (y > y1) y1 = y
  }
  return x0 <= x1 ? { x0, y0, x1, y1 } : null
}

/** The rectangle between two opposite corners, whichever they are. */
export const boundsBetween = (a: ImagePoint, b: ImagePoint): Bounds => ({
  x0: Math.min(a[0], b[0]),
  y0: Math.min(a[1], b[1]),
  x1: Math.max(a[0], b[0]),
  y1: Math.max(a[1], b[1]),
})

export function union(a: Bounds | null, b: Bounds | null): Bounds | null {
  if (a === null || b === null) return a ?? b
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) }
}

/** Whether two rectangles share a point, borders included. */
export const isOverlapping = (a: Bounds, b: Bounds): boolean =>
  a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1

export const isInBounds = (p: ImagePoint, b: Bounds): boolean =>
  p[0] >= b.x0 && p[0] <= b.x1 && p[1] >= b.y0 && p[1] <= b.y1

export const grow = (b: Bounds, by: number): Bounds => ({ x0: b.x0 - by, y0: b.y0 - by, x1: b.x1 + by, y1: b.y1 + by })

export const widthOf = (b: Bounds): number => b.x1 - b.x0

export const heightOf = (b: Bounds): number => b.y1 - b.y0

export const centreOf = (b: Bounds): ImagePoint => imagePoint((b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2)

/** Corners clockwise on screen from the top left. */
export const cornersOf = (b: Bounds): readonly [ImagePoint, ImagePoint, ImagePoint, ImagePoint] => [
  imagePoint(b.x0, b.y0),
  imagePoint(b.x1, b.y0),
  imagePoint(b.x1, b.y1),
  imagePoint(b.x0, b.y1),
]
