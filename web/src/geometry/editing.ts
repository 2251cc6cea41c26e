/** Edits of whole shapes. Each returns a new shape; what it cannot edit it returns as it is. */

import { type Bounds, heightOf, widthOf } from './bounds'
import { type ImagePoint, type Size, roundCoordinate, roundPoint, translate } from './points'
import { mapPoints } from './polygons'
import { canonicalRing, enclosesArea } from './rings'
import { type Shape, shapeBounds } from './shapes'

/** Whether a shape can be moved about; rasters, tags and foreign shapes stay where they are. */
export const isMovable = (shape: Shape): boolean =>
  shape.type !== 'mask' && shape.type !== 'tag' && shape.type !== 'foreign'

export function moveShape(shape: Shape, dx: number, dy: number): Shape {
  const move = (p: ImagePoint): ImagePoint => translate(p, dx, dy)
  switch (shape.type) {
    case 'box':
      return { ...shape, x0: shape.x0 + dx, y0: shape.y0 + dy, x1: shape.x1 + dx, y1: shape.y1 + dy }
    case 'rotated_box':
      return { ...shape, cx: shape.cx + dx, cy: shape.cy + dy }
    case 'polygon':
      return mapPoints(shape, move)
    case 'points':
    case 'polyline':
      return { ...shape, points: shape.points.map(move) }
    case 'mask':
    case 'tag':
    case 'foreign':
      return shape
  }
}

/** The part of a wanted move that keeps a thing inside the picture. What sticks out already may only move back in. */
export function limitMove(thing: Bounds, dx: number, dy: number, image: Size): readonly [dx: number, dy: number] {
  return [
    limitAxis(dx, thing.x0, thing.x1, widthOf(thing), image.width),
    limitAxis(dy, thing.y0, thing.y1, heightOf(thing), image.height),
  ]
}

function limitAxis(wanted: number, low: number, high: number, length: number, limit: number): number {
  if (length > limit) return wanted
  return Math.min(Math.max(wanted, Math.min(-low, 0)), Math.max(limit - high, 0))
}

/** Move a shape as far as it stays in the picture; the same shape when it cannot move. */
export function moveShapeInside(shape: Shape, dx: number, dy: number, image: Size): Shape {
  const bounds = shapeBounds(shape)
  if (bounds === null) return shape
  const [x, y] = limitMove(bounds, dx, dy, image)
  return x || y ? moveShape(shape, x, y) : shape
}

/** The shape as the server stores it: rounded to 1/100 px, rings without repeated points, empty holes left out. */
export function canonicalShape(shape: Shape): Shape {
  switch (shape.type) {
    case 'box':
      return {
        ...shape,
        x0: roundCoordinate(shape.x0),
        y0: roundCoordinate(shape.y0),
        x1: roundCoordinate(shape.x1),
        y1: roundCoordinate(shape.y1),
      }
    case 'rotated_box':
      return {
        ...shape,
        cx: roundCoordinate(shape.cx),
        cy: roundCoordinate(shape.cy),
        width: roundCoordinate(shape.width),
        height: roundCoordinate(shape.height),
      }
    case 'polygon':
      return {
        ...shape,
        parts: shape.parts.map((part) => part.map(canonicalRing).filter((ring, i) => i === 0 || enclosesArea(ring))),
      }
    case 'points':
    case 'polyline':
      return { ...shape, points: shape.points.map(roundPoint) }
    case 'mask':
    case 'tag':
    case 'foreign':
      return shape
  }
}
