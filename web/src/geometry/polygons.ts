/** Polygons with parts and holes: inside, area, and edits of single vertices. Edits return new polygons. */

import { type ImagePoint } from './points'
import { type NearestEdge, isInRing, nearestEdge, nearestVertex, signedArea } from './rings'
import type { PolygonShape, Ring } from './shapes'

/** Where a ring is: ring 0 of a part is its exterior. */
export interface RingPlace {
  readonly part: number
  readonly ring: number
}

export interface VertexPlace extends RingPlace {
  readonly vertex: number
}

export interface EdgePlace extends RingPlace, NearestEdge {}

/** Even-odd over all rings, so a hole is outside and an island in it is inside. */
export function isInPolygon(p: ImagePoint, polygon: PolygonShape): boolean {
  let inside = false
  for (const { ring } of ringsOf(polygon)) if (isInRing(p, ring)) inside = !inside
  return inside
}

/** Exteriors less holes, whatever way the rings run. */
export function polygonArea(polygon: PolygonShape): number {
  let area = 0
  for (const { ring, place } of ringsOf(polygon)) area += Math.abs(signedArea(ring)) * (place.ring === 0 ? 1 : -1)
  return area
}

export function* ringsOf(polygon: PolygonShape): Generator<{ readonly place: RingPlace; readonly ring: Ring }> {
  for (const [part, rings] of polygon.parts.entries())
    for (const [index, ring] of rings.entries()) yield { place: { part, ring: index }, ring }
}

export const ringAt = (polygon: PolygonShape, place: RingPlace): Ring | null =>
  polygon.parts[place.part]?.[place.ring] ?? null

export const countVertices = (polygon: PolygonShape): number =>
  polygon.parts.reduce((sum, part) => part.reduce((inPart, ring) => inPart + ring.length, sum), 0)

/** The nearest vertex within a reach (image px). */
export function nearestPolygonVertex(p: ImagePoint, polygon: PolygonShape, reach: number): VertexPlace | null {
  let best: VertexPlace | null = null
  let bestDistance = reach
  for (const { place, ring } of ringsOf(polygon)) {
    const vertex = nearestVertex(p, ring, bestDistance)
    const found = vertex === null ? undefined : ring[vertex]
    if (vertex === null || found === undefined) continue
    bestDistance = Math.hypot(p[0] - found[0], p[1] - found[1])
    best = { ...place, vertex }
  }
  return best
}

/** The nearest edge over all rings. */
export function nearestPolygonEdge(p: ImagePoint, polygon: PolygonShape): EdgePlace | null {
  let best: EdgePlace | null = null
  for (const { place, ring } of ringsOf(polygon)) {
    const found = nearestEdge(p, ring)
    if (found !== null && (best === null || found.distance < best.distance)) best = { ...place, ...found }
  }
  return best
}

/** Put a point between `edge` and the point after it. */
export const insertVertex = (polygon: PolygonShape, place: RingPlace, edge: number, p: ImagePoint): PolygonShape =>
  withRing(polygon, place, (ring) => [...ring.slice(0, edge + 1), p, ...ring.slice(edge + 1)])

export const moveVertex = (polygon: PolygonShape, place: VertexPlace, p: ImagePoint): PolygonShape =>
  withRing(polygon, place, (ring) => ring.map((old, i) => (i === place.vertex ? p : old)))

/**
 * Take a vertex away. A hole that falls under three points goes with it, a part likewise when its exterior does; null
 * when nothing of the polygon would be left.
 */
export function deleteVertex(polygon: PolygonShape, place: VertexPlace): PolygonShape | null {
  const ring = ringAt(polygon, place)
  if (ring === null || place.vertex >= ring.length) return polygon
  if (ring.length > 3) return withRing(polygon, place, (points) => points.filter((_, i) => i !== place.vertex))
  return deleteRing(polygon, place)
}

/** Take a hole away, or with an exterior its whole part; null when nothing would be left. */
export function deleteRing(polygon: PolygonShape, place: RingPlace): PolygonShape | null {
  const parts =
    place.ring === 0
      ? polygon.parts.filter((_, i) => i !== place.part)
      : polygon.parts.map((part, i) => (i === place.part ? part.filter((_, j) => j !== place.ring) : part))
  return parts.length ? { type: 'polygon', parts } : null
}

export const mapPoints = (polygon: PolygonShape, change: (p: ImagePoint) => ImagePoint): PolygonShape => ({
  type: 'polygon',
  parts: polygon.parts.map((part) => part.map((ring) => ring.map(change))),
})

function withRing(polygon: PolygonShape, place: RingPlace, change: (ring: Ring) => Ring): PolygonShape {
  return {
    type: 'polygon',
    parts: polygon.parts.map((part, i) =>
      i === place.part ? part.map((ring, j) => (j === place.ring ? change(ring) : ring)) : part,
    ),
  }
}
