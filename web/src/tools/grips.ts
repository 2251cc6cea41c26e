/** The places where a selected shape can be taken hold of, thinned to what the zoom leaves room for. */

import {
  type BoxHandle,
  type ImagePoint,
  type Ring,
  type Shape,
  type VertexPlace,
  type Viewport,
  boxHandles,
  distance,
  hasRoomForMidpoint,
  isInBounds,
  grow,
  midpoint,
  pointAt,
  ringsOf,
  thinVertices,
  visibleBounds,
} from '@/geometry'
import { type Pointer, reachOf } from './tool'

export type Grip =
  | { readonly kind: 'box'; readonly at: ImagePoint; readonly handle: BoxHandle }
  | { readonly kind: 'vertex'; readonly at: ImagePoint; readonly place: VertexPlace }
  /** In the middle of the edge that begins at the vertex. */
  | { readonly kind: 'midpoint'; readonly at: ImagePoint; readonly place: VertexPlace }

/** Screen px between neighbouring grips. */
const MIN_GAP_PX = 18

/** The grips in sight of a shape. */
export function gripsOf(shape: Shape, view: Viewport): readonly Grip[] {
  const gap = MIN_GAP_PX / view.scale
  const seen = grow(visibleBounds(view), gap)
  return allGrips(shape, gap).filter(({ at }) => isInBounds(at, seen))
}

function allGrips(shape: Shape, gap: number): readonly Grip[] {
  switch (shape.type) {
    case 'box':
      return boxHandles(shape, gap).map((grip) => ({ kind: 'box', ...grip }))
    case 'polygon':
      return [...ringsOf(shape)].flatMap(({ ring, place }) => ringGrips(ring, place, gap, true))
    case 'polyline':
      return ringGrips(shape.points, { part: 0, ring: 0 }, gap, false)
    case 'points':
      return shape.points.length > 1
        ? shape.points.map((at, vertex) => ({ kind: 'vertex', at, place: { part: 0, ring: 0, vertex } }))
        : []
    default:
      return []
  }
}

/** Midpoints stand between vertices that are both shown. */
function ringGrips(ring: Ring, place: Omit<VertexPlace, 'vertex'>, gap: number, isClosed: boolean): readonly Grip[] {
  const shown = new Set(thinVertices(ring, gap))
  return ring.flatMap((at, vertex): Grip[] => {
    if (!shown.has(vertex)) return []
    const grip: Grip = { kind: 'vertex', at, place: { ...place, vertex } }
    const following = (vertex + 1) % ring.length
    if (!shown.has(following) || (!isClosed && following === 0)) return [grip]
    const next = pointAt(ring, following)
    if (!hasRoomForMidpoint(at, next, gap)) return [grip]
    return [grip, { kind: 'midpoint', at: midpoint(at, next), place: { ...place, vertex } }]
  })
}

/** The grip that a pointer means: the nearest within reach, a vertex before a midpoint. */
export function gripAt(pointer: Pointer, shape: Shape, view: Viewport): Grip | null {
  const reach = reachOf(pointer, view)
  const near = gripsOf(shape, view).filter(({ at }) => distance(at, pointer.at) <= reach)
  const rank = (grip: Grip): number => (grip.kind === 'midpoint' ? reach : 0) + distance(grip.at, pointer.at)
  return near.reduce<Grip | null>((best, grip) => (best === null || rank(grip) < rank(best) ? grip : best), null)
}
