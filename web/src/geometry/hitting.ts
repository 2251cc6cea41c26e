/** Whether a place is on a shape, and how large the shape is: of several hits the smallest is meant. */

import { grow, heightOf, isInBounds, widthOf } from './bounds'
import { type ImagePoint } from './points'
import { isInPolygon, nearestPolygonEdge, polygonArea } from './polygons'
import { isInRing, nearestEdge } from './rings'
import { decodeMask, isFilled } from './runs'
import { type Shape, rotatedCorners, shapeBounds } from './shapes'

/** Whether a shape is under a place; lines and points count within `reach` (image px). */
export function isOnShape(p: ImagePoint, shape: Shape, reach: number): boolean {
  const bounds = shapeBounds(shape)
  if (bounds === null || !isInBounds(p, grow(bounds, reach))) return false
  switch (shape.type) {
    case 'box':
      return true
    case 'rotated_box':
      return isInRing(p, rotatedCorners(shape)) || isNear(nearestEdge(p, rotatedCorners(shape)), reach)
    case 'polygon':
      return isInPolygon(p, shape) || isNear(nearestPolygonEdge(p, shape), reach)
    case 'polyline':
      return isNear(nearestEdge(p, shape.points, false), reach)
    case 'points':
      return shape.points.some((q) => Math.hypot(p[0] - q[0], p[1] - q[1]) <= reach)
    case 'mask': {
      const mask = decodeMask(shape)
      return mask !== null && isFilled(mask, p[0], p[1])
    }
    case 'tag':
    case 'foreign':
      return false
  }
}

const isNear = (found: { readonly distance: number } | null, reach: number): boolean =>
  found !== null && found.distance <= reach

const areas = new WeakMap<Shape, number>()

/** Square pixels, kept for each shape; lines, points and tags have none. */
export function shapeArea(shape: Shape): number {
  let area = areas.get(shape)
  if (area === undefined) {
    area = measureArea(shape)
    areas.set(shape, area)
  }
  return area
}

function measureArea(shape: Shape): number {
  switch (shape.type) {
    case 'box':
      return widthOf(shape) * heightOf(shape)
    case 'rotated_box':
      return shape.width * shape.height
    case 'polygon':
      return polygonArea(shape)
    case 'mask':
      return decodeMask(shape)?.areaPx ?? 0
    default:
      return 0
  }
}
