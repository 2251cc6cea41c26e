/** Single rings: area, direction, inside, nearest places. A ring is open: its last point joins its first. */

import { type ImagePoint, imagePoint, isSamePoint, roundPoint } from './points'
import type { Ring } from './shapes'

/** The point at an index that may run past either end. */
export function pointAt(ring: Ring, index: number): ImagePoint {
  const point = ring[((index % ring.length) + ring.length) % ring.length]
  if (point === undefined) throw new RangeError('an empty ring has no points')
  return point
}

/** Shoelace area; positive when the ring runs clockwise on screen (y points down). */
export function signedArea(ring: Ring): number {
  let twice = 0
  for (let i = 0; i < ring.length; i += 1) {
    const [x0, y0] = pointAt(ring, i)
    const [x1, y1] = pointAt(ring, i + 1)
    twice += x0 * y1 - x1 * y0
  }
  return twice / 2
}

export const isClockwise = (ring: Ring): boolean => signedArea(ring) > 0

/** Even-odd: a point is inside when a ray from it crosses the ring an odd number of times. */
export function isInRing(p: ImagePoint, ring: Ring): boolean {
  let inside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi, yi] = pointAt(ring, i)
    const [xj, yj] = pointAt(ring, j)
    // Half open in y, so that a ray through a vertex counts it once.
    if (yi > p[1] !== yj > p[1] && p[0] < ((xj - xi) * (p[1] - yi)) / (yj - yi) + xi) inside = !inside
  }
  return inside
}

/** The place on a segment that is nearest to a point. */
export function nearestOnSegment(p: ImagePoint, a: ImagePoint, b: ImagePoint): ImagePoint {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const length2 = dx * dx + dy * dy
  if (length2 === 0) return a
  const t = Math.min(Math.max(((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2, 0), 1)
  return imagePoint(a[0] + t * dx, a[1] + t * dy)
}

export interface NearestEdge {
  /** The edge runs from the point `edge` to the next one. */
  readonly edge: number
  readonly place: ImagePoint
  readonly distance: number
}

/** The nearest edge of a ring, or of an open line when `closed` is false; null for fewer than two points. */
export function nearestEdge(p: ImagePoint, points: Ring, closed = true): NearestEdge | null {
  let best: NearestEdge | null = null
  const edges = points.length < 2 ? 0 : closed ? points.length : points.length - 1
  for (let edge = 0; edge < edges; edge += 1) {
    const place = nearestOnSegment(p, pointAt(points, edge), pointAt(points, edge + 1))
    const distance = Math.hypot(p[0] - place[0], p[1] - place[1])
    if (best === null || distance < best.distance) best = { edge, place, distance }
  }
  return best
}

/** The index of the nearest point within a reach (image px), or null. Of two equally near the later: it lies on top. */
export function nearestVertex(p: ImagePoint, points: Ring, reach: number): number | null {
  let best: number | null = null
  let bestDistance = reach
  points.forEach((vertex, i) => {
    const distance = Math.hypot(p[0] - vertex[0], p[1] - vertex[1])
    if (distance <= bestDistance) [best, bestDistance] = [i, distance]
  })
  return best
}

/** The ring as the server stores it: rounded, no point twice in a row, open. It may be too short to stand. */
export function canonicalRing(ring: Ring): Ring {
  const points: ImagePoint[] = []
  for (const raw of ring) {
    const point = roundPoint(raw)
    const last = points.at(-1)
    if (last === undefined || !isSamePoint(last, point)) points.push(point)
  }
  const [first, last] = [points[0], points.at(-1)]
  if (points.length > 1 && first !== undefined && last !== undefined && isSamePoint(first, last)) points.pop()
  return points
}

/** Whether a canonical ring encloses something: three different points that are not on one line. */
export function enclosesArea(ring: Ring): boolean {
  return new Set(ring.map(([x, y]) => `${String(x)} ${String(y)}`)).size >= 3 && signedArea(ring) !== 0
}

/** Whether all points lie on one line, or there are fewer than three different ones. */
export function isFlat(ring: Ring): boolean {
  const [first, ...others] = ring
  const second = first && others.find((p) => !isSamePoint(p, first))
  if (first === undefined || second === undefined) return true
  const [dx, dy] = [second[0] - first[0], second[1] - first[1]]
  return others.every((p) => dx * (p[1] - first[1]) === dy * (p[0] - first[0]))
}
