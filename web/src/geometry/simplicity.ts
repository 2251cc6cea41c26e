/**
 * Whether a polygon's lines cross: its rings may touch one another in points, but no ring may meet itself, no two lines
 * may cross or run along each other, and holes lie inside their exterior. The server refuses what is refused here.
 */

import { type ImagePoint, imagePoint, isSamePoint } from './points'
import { isInRing, pointAt } from './rings'
import type { Part, PolygonShape, Ring } from './shapes'

export type Fault = 'self_intersection' | 'rings_cross' | 'hole_outside' | 'hole_in_hole' | 'parts_overlap'

export interface PolygonFault {
  readonly fault: Fault
  /** Where the trouble is, to show it. */
  readonly at: ImagePoint
}

interface Segment {
  readonly ring: number
  readonly index: number
  readonly ringLength: number
  readonly a: ImagePoint
  readonly b: ImagePoint
  readonly x0: number
  readonly x1: number
}

/** The first fault of a polygon, or null. Rings are canonical: no point stands twice in a row. */
export function findPolygonFault(polygon: PolygonShape): PolygonFault | null {
  const rings = polygon.parts.flat()
  return findCrossing(rings) ?? findMisplaced(polygon.parts)
}

/** The first place where a ring meets itself, or null. */
export const findSelfIntersection = (ring: Ring): ImagePoint | null => findCrossing([ring])?.at ?? null

/**
 * Whether a line from the last point of an open path to `next` crosses the path; with `closing` the line goes on to the
 * first point. Used while drawing, to warn before the ring is closed.
 */
export function crossesPath(path: Ring, next: ImagePoint): boolean {
  const last = path.at(-1)
  if (last === undefined) return false
  for (let i = 0; i + 1 < path.length; i += 1) {
    const [a, b] = [pointAt(path, i), pointAt(path, i + 1)]
    const isNeighbour = i + 2 === path.length
    const met = meet(a, b, last, next)
    if (met === null) continue
    if (met.kind === 'cross' || met.kind === 'overlap' || (!isNeighbour && !isSamePoint(met.at, pointAt(path, 0))))
      return true
  }
  return false
}

function findCrossing(rings: readonly Ring[]): PolygonFault | null {
  const segments = segmentsOf(rings).sort((s, t) => s.x0 - t.x0)
  let active: Segment[] = []
  for (const segment of segments) {
    active = active.filter((other) => other.x1 >= segment.x0)
    for (const other of active) {
      const fault = faultBetween(segment, other)
      if (fault !== null) return fault
    }
    active.push(segment)
  }
  return null
}

function segmentsOf(rings: readonly Ring[]): Segment[] {
  return rings.flatMap((points, ring) =>
    points.map((a, index) => {
      const b = pointAt(points, index + 1)
      return { ring, index, ringLength: points.length, a, b, x0: Math.min(a[0], b[0]), x1: Math.max(a[0], b[0]) }
    }),
  )
}

function faultBetween(s: Segment, t: Segment): PolygonFault | null {
  if (Math.max(s.a[1], s.b[1]) < Math.min(t.a[1], t.b[1]) || Math.max(t.a[1], t.b[1]) < Math.min(s.a[1], s.b[1]))
    return null
  const met = meet(s.a, s.b, t.a, t.b)
  if (met === null) return null
  if (s.ring !== t.ring) return met.kind === 'touch' ? null : { fault: 'rings_cross', at: met.at }
  const apart = Math.abs(s.index - t.index)
  const areNeighbours = apart === 1 || apart === s.ringLength - 1
  // Neighbours share their joint; anything more is a spike that runs back along itself.
  if (areNeighbours && met.kind === 'touch') return null
  return { fault: 'self_intersection', at: met.at }
}

interface Meeting {
  readonly kind: 'cross' | 'touch' | 'overlap'
  readonly at: ImagePoint
}

const side = (a: ImagePoint, b: ImagePoint, p: ImagePoint): number =>
  Math.sign((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]))

/** How two segments meet: inside both, at an end of one, along a stretch, or (null) not. */
function meet(a: ImagePoint, b: ImagePoint, c: ImagePoint, d: ImagePoint): Meeting | null {
  const [c1, d1, a1, b1] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)]
  if (c1 === 0 && d1 === 0 && a1 === 0 && b1 === 0) return meetOnLine(a, b, c, d)
  if (c1 * d1 < 0 && a1 * b1 < 0) return { kind: 'cross', at: crossing(a, b, c, d) }
  for (const [where, p, from, to] of [
    [c1, c, a, b],
    [d1, d, a, b],
    [a1, a, c, d],
    [b1, b, c, d],
  ] as const)
    if (where === 0 && isWithin(p, from, to)) return { kind: 'touch', at: p }
  return null
}

function meetOnLine(a: ImagePoint, b: ImagePoint, c: ImagePoint, d: ImagePoint): Meeting | null {
  const axis = Math.abs(b[0] - a[0]) >= Math.abs(b[1] - a[1]) ? 0 : 1
  const low = Math.max(Math.min(a[axis], b[axis]), Math.min(c[axis], d[axis]))
  const high = Math.min(Math.max(a[axis], b[axis]), Math.max(c[axis], d[axis]))
  if (low > high) return null
  const at = [a, b, c, d].find((p) => p[axis] === low) ?? a
  return { kind: low === high ? 'touch' : 'overlap', at }
}

const isWithin = (p: ImagePoint, a: ImagePoint, b: ImagePoint): boolean =>
  p[0] >= Math.min(a[0], b[0]) &&
  p[0] <= Math.max(a[0], b[0]) &&
  p[1] >= Math.min(a[1], b[1]) &&
  p[1] <= Math.max(a[1], b[1])

function crossing(a: ImagePoint, b: ImagePoint, c: ImagePoint, d: ImagePoint): ImagePoint {
  const [rx, ry, sx, sy] = [b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]]
  const t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / (rx * sy - ry * sx)
  return imagePoint(a[0] + t * rx, a[1] + t * ry)
}

function findMisplaced(parts: readonly Part[]): PolygonFault | null {
  for (const part of parts) {
    const [exterior, ...holes] = part
    if (exterior === undefined) continue
    for (const hole of holes) if (!isRingInside(hole, exterior)) return { fault: 'hole_outside', at: pointAt(hole, 0) }
    const nested = findNested(holes)
    if (nested !== null) return { fault: 'hole_in_hole', at: nested }
  }
  return findOverlappingParts(parts)
}

function findNested(rings: readonly Ring[]): ImagePoint | null {
  for (const [i, ring] of rings.entries())
    for (const [j, other] of rings.entries()) if (i !== j && isRingInside(ring, other)) return pointAt(ring, 0)
  return null
}

/** Parts may lie in one another's holes, nowhere else. Lines do not cross here: one place tells of the whole ring. */
function findOverlappingParts(parts: readonly Part[]): PolygonFault | null {
  for (const [i, [exterior]] of parts.entries())
    for (const [j, [other, ...holes]] of parts.entries()) {
      if (i === j || exterior === undefined || other === undefined || !isRingInside(exterior, other)) continue
      if (!holes.some((hole) => isRingInside(exterior, hole)))
        return { fault: 'parts_overlap', at: pointAt(exterior, 0) }
    }
  return null
}

/** Whether a ring lies in another, given that their lines do not cross. Places on the other's border say nothing. */
function isRingInside(ring: Ring, other: Ring): boolean {
  for (let i = 0; i < ring.length; i += 1) {
    const [a, b] = [pointAt(ring, i), pointAt(ring, i + 1)]
    for (const p of [a, imagePoint((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)])
      if (!isOnRing(p, other)) return isInRing(p, other)
  }
  return ring !== other
}

function isOnRing(p: ImagePoint, ring: Ring): boolean {
  return ring.some((a, i) => {
    const b = pointAt(ring, i + 1)
    return side(a, b, p) === 0 && isWithin(p, a, b)
  })
}
