/** Shapes as Path2D in image coordinates. Shapes never change, so each path is made once. */

import { type ImagePoint, type Ring, type Shape, cornersOf, rotatedCorners } from '@/geometry'

const paths = new WeakMap<Shape, Path2D>()

/** The outline of a shape; of points, masks, tags and foreign shapes there is none (an empty path). */
export function pathOf(shape: Shape): Path2D {
  let path = paths.get(shape)
  if (path === undefined) {
    path = makePath(shape)
    paths.set(shape, path)
  }
  return path
}

export function tracePath(points: Ring, isClosed: boolean, path = new Path2D()): Path2D {
  points.forEach((p: ImagePoint, i) => {
    if (i === 0) path.moveTo(p[0], p[1])
    else path.lineTo(p[0], p[1])
  })
  if (isClosed) path.closePath()
  return path
}

function makePath(shape: Shape): Path2D {
  switch (shape.type) {
    case 'box':
      return tracePath(cornersOf(shape), true)
    case 'rotated_box':
      return tracePath(rotatedCorners(shape), true)
    case 'polygon': {
      const path = new Path2D()
      for (const part of shape.parts) for (const ring of part) tracePath(ring, true, path)
      return path
    }
    case 'polyline':
      return tracePath(shape.points, false)
    default:
      return new Path2D()
  }
}

/** Whether a shape is drawn as an area: filled as well as stroked. */
export const isArea = (shape: Shape): boolean =>
  shape.type === 'box' || shape.type === 'rotated_box' || shape.type === 'polygon'
