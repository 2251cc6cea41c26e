// Shapes as SVG paths in image pixels. Kept per shape: shapes never change.

import { decodeMask } from '@/geometry/runs'
import { type Ring, type Shape, rotatedCorners } from '@/geometry/shapes'
import { borderPath, stripPath } from './maskPaths'

export interface Outline {
  // The inside, by the even-odd rule; null where a shape has none.
  readonly fill: string | null
  readonly stroke: string
  // A dot is a line without length: it needs round ends and a thick stroke.
  readonly dots: boolean
}

const known = new WeakMap<Shape, Outline | null>()

// Null for what has no place on the picture: tags, broken masks and kinds that this program does not know.
export function outlineOf(shape: Shape): Outline | null {
  let found = known.get(shape)
  if (found === undefined) {
    found = trace(shape)
    known.set(shape, found)
  }
  return found
}

function trace(shape: Shape): Outline | null {
  switch (shape.type) {
    case 'box':
      return area(`M${shape.x0} ${shape.y0}H${shape.x1}V${shape.y1}H${shape.x0}Z`)
    case 'rotated_box':
      return area(ringPath(rotatedCorners(shape)))
    case 'polygon':
      return area(shape.parts.flatMap((part) => part.map(ringPath)).join(''))
    case 'mask': {
      const mask = decodeMask(shape)
      return mask?.bounds ? { fill: stripPath(mask), stroke: borderPath(mask), dots: false } : null
    }
    case 'polyline':
      return { fill: null, stroke: linePath(shape.points), dots: false }
    case 'points': {
      const shown = shape.points.filter((_, i) => shape.visibility?.[i] !== 0)
      return { fill: null, stroke: shown.map(([x, y]) => `M${x} ${y}h0`).join(''), dots: true }
    }
    case 'tag':
    case 'foreign':
      return null
  }
}

const area = (d: string): Outline => ({ fill: d, stroke: d, dots: false })

const linePath = (points: Ring): string => points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('')

const ringPath = (ring: Ring): string => `${linePath(ring)}Z`
