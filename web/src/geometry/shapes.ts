/** Shapes exactly as the API writes them (see schema/geometry.py), and what can be asked of any of them. */

import { type Bounds, boundsBetween, boundsOf } from './bounds'
import { type ImagePoint, imagePoint } from './points'
import { decodeMask } from './runs'

/** An open ring: the first point is not repeated. */
export type Ring = readonly ImagePoint[]

/** An exterior ring followed by its holes. */
export type Part = readonly Ring[]

export interface BoxShape extends Bounds {
  readonly type: 'box'
}

/** A box turned about its centre, clockwise on screen, in [0, 180) degrees. */
export interface RotatedBoxShape {
  readonly type: 'rotated_box'
  readonly cx: number
  readonly cy: number
  readonly width: number
  readonly height: number
  readonly angle_deg: number
}

export interface PolygonShape {
  readonly type: 'polygon'
  readonly parts: readonly Part[]
}

/** COCO's compressed run lengths, column-major; `size` is (height, width). */
export interface MaskShape {
  readonly type: 'mask'
  readonly size: readonly [height: number, width: number]
  readonly counts: string
}

/** 0 absent, 1 hidden, 2 visible. */
export type Visibility = 0 | 1 | 2

export interface PointsShape {
  readonly type: 'points'
  readonly points: readonly ImagePoint[]
  readonly visibility?: readonly Visibility[] | null
}

export interface PolylineShape {
  readonly type: 'polyline'
  readonly points: readonly ImagePoint[]
}

export interface TagShape {
  readonly type: 'tag'
}

/** A kind that this program does not know: carried through untouched, never edited. */
export interface ForeignShape {
  readonly type: 'foreign'
  readonly wire: Readonly<Record<string, unknown>>
}

export type Shape =
  BoxShape | RotatedBoxShape | PolygonShape | MaskShape | PointsShape | PolylineShape | TagShape | ForeignShape

export const boxShape = ({ x0, y0, x1, y1 }: Bounds): BoxShape => ({ type: 'box', x0, y0, x1, y1 })

export const polygonShape = (exterior: Ring, holes: readonly Ring[] = []): PolygonShape => ({
  type: 'polygon',
  parts: [[exterior, ...holes]],
})

/** The corners, clockwise on screen from the one at (-width/2, -height/2). */
export function rotatedCorners(box: RotatedBoxShape): readonly ImagePoint[] {
  const angle = (box.angle_deg * Math.PI) / 180
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const corner = (u: number, v: number): ImagePoint =>
    imagePoint(box.cx + u * box.width * cos - v * box.height * sin, box.cy + u * box.width * sin + v * box.height * cos)
  return [corner(-0.5, -0.5), corner(0.5, -0.5), corner(0.5, 0.5), corner(-0.5, 0.5)]
}

/** Every point that spans a shape; a mask, a tag and a foreign shape have none. */
export function* pointsOf(shape: Shape): Generator<ImagePoint> {
  switch (shape.type) {
    case 'box':
      yield imagePoint(shape.x0, shape.y0)
      yield imagePoint(shape.x1, shape.y1)
      return
    case 'rotated_box':
      yield* rotatedCorners(shape)
      return
    case 'polygon':
      for (const part of shape.parts) for (const ring of part) yield* ring
      return
    case 'points':
    case 'polyline':
      yield* shape.points
      return
    case 'mask':
    case 'tag':
    case 'foreign':
      return
  }
}

const known = new WeakMap<Shape, Bounds | null>()

/** The rectangle around a shape; null for a tag, an empty mask and a foreign shape. Shapes never change: it is kept. */
export function shapeBounds(shape: Shape): Bounds | null {
  let found = known.get(shape)
  if (found === undefined) {
    found = findBounds(shape)
    known.set(shape, found)
  }
  return found
}

function findBounds(shape: Shape): Bounds | null {
  if (shape.type === 'box') return boundsBetween(imagePoint(shape.x0, shape.y0), imagePoint(shape.x1, shape.y1))
  if (shape.type === 'mask') return decodeMask(shape)?.bounds ?? null
  return boundsOf(pointsOf(shape))
}
