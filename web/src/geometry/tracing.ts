/**
 * Masks to polygons along the edges of their pixels: filled again they give the same pixels. Pixels that touch at a
 * corner only are kept apart, so every part is valid (see domain/geometry/contours.py: both sides run the same cases).
 */

import { type ImagePoint, imagePoint } from './points'
import { enclosesArea, nearestOnSegment, pointAt, signedArea } from './rings'
import { type DecodedMask, forEachStrip } from './runs'
import type { Part, PolygonShape, Ring } from './shapes'
import { findPolygonFault } from './simplicity'

/** The most parts that the server takes. */
const MAX_PARTS = 500
const SMALLEST_TOLERANCE_PX = 0.25

/**
 * The polygon of a mask, largest part first; null when it has no pixels. With a tolerance its lines lie no farther than
 * that from the edges of the pixels, nearer where the polygon would not be valid otherwise.
 */
export function polygonFromMask(mask: DecodedMask, tolerancePx = 0): PolygonShape | null {
  const exact = traceParts(mask).slice(0, MAX_PARTS)
  if (!exact.length) return null
  for (let tolerance = tolerancePx; tolerance >= SMALLEST_TOLERANCE_PX; tolerance /= 2) {
    const parts = exact.map((part) => simplifyPart(part, tolerance)).filter((part) => part.length)
    const polygon: PolygonShape = { type: 'polygon', parts }
    if (parts.length && findPolygonFault(polygon) === null) return polygon
  }
  return { type: 'polygon', parts: exact }
}

function traceParts(mask: DecodedMask): Part[] {
  const raster = new PaddedRaster(mask)
  const rings = raster.traceRings().flatMap(splitAtTouches)
  const componentAt = raster.labelComponents()
  const parts = new Map<number, Ring[]>()
  const areas = new Map<number, number>()
  // Exteriors run clockwise, holes the other way: an exterior comes before its holes when areas fall.
  for (const [area, ring] of rings.map((one) => [signedArea(one), one] as const).sort(([a], [b]) => b - a)) {
    const component = componentAt[raster.pixelRightOf(pointAt(ring, 0), pointAt(ring, 1))] ?? 0
    parts.set(component, [...(parts.get(component) ?? []), ring])
    areas.set(component, (areas.get(component) ?? 0) + area)
  }
  return [...parts].sort(([a], [b]) => (areas.get(b) ?? 0) - (areas.get(a) ?? 0)).map(([, part]) => part)
}

const DIRECTIONS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const

/** The pixels of a mask row by row, with empty ones all round. */
class PaddedRaster {
  private readonly stride: number
  private readonly pixels: Uint8Array
  private readonly left: number
  private readonly top: number

  constructor(mask: DecodedMask) {
    const { x0, y0, x1, y1 } = mask.bounds ?? { x0: 0, y0: 0, x1: 0, y1: 0 }
    this.left = x0 - 1
    this.top = y0 - 1
    this.stride = x1 - x0 + 2
    this.pixels = new Uint8Array(this.stride * (y1 - y0 + 2))
    forEachStrip(mask, (column, row, rows) => {
      for (let y = row; y < row + rows; y += 1) this.pixels[this.index(column, y)] = 1
    })
  }

  /** Every closed walk along the edges of pixels with filled ones on its right; it may touch itself at corners. */
  traceRings(): Ring[] {
    const rings: Ring[] = []
    const seen = new Uint8Array(this.pixels.length)
    for (let at = this.stride; at < this.pixels.length; at += 1)
      if (this.isFilled(at) && !this.isFilled(at - this.stride) && !seen[at]) rings.push(this.walk(at, seen))
    return rings
  }

  /** The number of the 4-connected piece that each filled pixel belongs to. */
  labelComponents(): Int32Array {
    const labels = new Int32Array(this.pixels.length)
    let label = 0
    this.pixels.forEach((pixel, first) => {
      if (!pixel || labels[first]) return
      label += 1
      labels[first] = label
      for (const open = [first]; open.length;) {
        const at = open.pop() ?? 0
        for (const next of [at - 1, at + 1, at - this.stride, at + this.stride])
          if (this.isFilled(next) && !labels[next]) {
            labels[next] = label
            open.push(next)
          }
      }
    })
    return labels
  }

  /** The filled pixel on the right of a ring's edge, where it begins. */
  pixelRightOf([x0, y0]: ImagePoint, [x1, y1]: ImagePoint): number {
    if (y0 === y1) return x1 > x0 ? this.index(x0, y0) : this.index(x0 - 1, y0 - 1)
    return y1 > y0 ? this.index(x0 - 1, y0) : this.index(x0, y0 - 1)
  }

  /** Walk the ring whose first edge is the upper one of a pixel; marks the pixels whose upper edges it passes. */
  private walk(first: number, seen: Uint8Array): Ring {
    const corners: ImagePoint[] = []
    // The pixel on the right of the edge, and the way the edge goes: right, down, left or up.
    let [pixel, way] = [first, 0]
    do {
      if (way === 0) seen[pixel] = 1
      const [ahead, outward] = [pixel + this.step(way), this.step((way + 3) % 4)]
      if (!this.isFilled(ahead)) {
        corners.push(this.cornerAfter(pixel, way))
        way = (way + 1) % 4
      } else if (!this.isFilled(ahead + outward)) {
        pixel = ahead
      } else {
        corners.push(this.cornerAfter(pixel, way))
        pixel = ahead + outward
        way = (way + 3) % 4
      }
    } while (pixel !== first || way !== 0)
    return corners
  }

  /** The corner at which an edge with this pixel on its right ends. */
  private cornerAfter(pixel: number, way: number): ImagePoint {
    const x = (pixel % this.stride) + this.left
    const y = Math.floor(pixel / this.stride) + this.top
    return imagePoint(x + (way < 2 ? 1 : 0), y + (way === 1 || way === 2 ? 1 : 0))
  }

  private step(way: number): number {
    const [dx, dy] = DIRECTIONS[way] ?? [0, 0]
    return dy * this.stride + dx
  }

  private isFilled(at: number): boolean {
    return this.pixels[at] === 1
  }

  private index(x: number, y: number): number {
    return (y - this.top) * this.stride + x - this.left
  }
}

/** Cut a ring that meets itself at corners into rings that do not. */
function splitAtTouches(ring: Ring): Ring[] {
  const pieces: Ring[] = []
  const path: ImagePoint[] = []
  const place = new Map<string, number>()
  const key = ([x, y]: ImagePoint): string => `${String(x)} ${String(y)}`
  for (const corner of ring) {
    const start = place.get(key(corner))
    if (start !== undefined) {
      const piece = path.splice(start)
      for (const left of piece) place.delete(key(left))
      pieces.push(piece)
    }
    place.set(key(corner), path.length)
    path.push(corner)
  }
  return [...pieces, path]
}

/** Simplify every ring; a hole that collapses is left out, with an exterior all its part. */
function simplifyPart(part: Part, tolerancePx: number): Part {
  const [exterior, ...holes] = part.map((ring) => simplifyRing(ring, tolerancePx))
  return exterior !== undefined && enclosesArea(exterior) ? [exterior, ...holes.filter(enclosesArea)] : []
}

/** Douglas and Peucker (1973), from the first point and the one farthest from it. */
function simplifyRing(ring: Ring, tolerancePx: number): Ring {
  const start = pointAt(ring, 0)
  const far = farthest(ring, 0, ring.length, (p) => Math.hypot(p[0] - start[0], p[1] - start[1])).index
  const keep = new Set([0, far])
  const open: [number, number][] = [
    [0, far],
    [far, ring.length],
  ]
  for (let stretch = open.pop(); stretch !== undefined; stretch = open.pop()) {
    const [first, last] = stretch
    const [a, b] = [pointAt(ring, first), pointAt(ring, last)]
    const { index, distance } = farthest(ring, first + 1, last, (p) => {
      const near = nearestOnSegment(p, a, b)
      return Math.hypot(p[0] - near[0], p[1] - near[1])
    })
    if (distance > tolerancePx) {
      keep.add(index)
      open.push([first, index], [index, last])
    }
  }
  return ring.filter((_, i) => keep.has(i))
}

function farthest(
  ring: Ring,
  from: number,
  to: number,
  distanceOf: (p: ImagePoint) => number,
): { readonly index: number; readonly distance: number } {
  let [index, distance] = [from, -1]
  for (let i = from; i < to; i += 1) {
    const found = distanceOf(pointAt(ring, i))
    if (found > distance) [index, distance] = [i, found]
  }
  return { index, distance }
}
