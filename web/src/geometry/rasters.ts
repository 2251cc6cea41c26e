/**
 * Polygons to run lengths: a pixel belongs when its centre is inside by the even-odd rule, and a centre exactly on an
 * edge belongs to what lies right of it or below. Coordinates count to 1/100 px, in whole numbers (see
 * domain/geometry/scan.py: both sides run the same cases).
 */

import type { ImagePoint } from './points'
import { ringsOf } from './polygons'
import { pointAt } from './rings'
import type { PolygonShape } from './shapes'

const PER_PX = 200 // twice 1/100 px, so that the centres of pixels are whole numbers too
const CENTRE = PER_PX / 2

const whole = (coordinate: number): number => Math.round(coordinate * 100) * (PER_PX / 100)

/** The run lengths of the pixels that a polygon covers, down the columns, the first run empty; none at the end is 0. */
export function rasterize(polygon: PolygonShape, width: number, height: number): number[] {
  const toggles = new Uint8Array(width * height)
  for (const { ring } of ringsOf(polygon))
    for (let i = 0; i < ring.length; i += 1) toggleRight(toggles, width, height, pointAt(ring, i), pointAt(ring, i + 1))
  for (let row = 0; row < height; row += 1)
    for (let at = row * width + 1; at < (row + 1) * width; at += 1)
      toggles[at] = (toggles[at] ?? 0) ^ (toggles[at - 1] ?? 0)
  return runsOf(toggles, width, height)
}

/** Run lengths of a raster that is kept row by row, 1 for a filled pixel. */
export function runsOf(raster: Uint8Array, width: number, height: number): number[] {
  const runs = [0]
  for (let column = 0; column < width; column += 1)
    for (let row = 0; row < height; row += 1) {
      const isFilled = raster[row * width + column] === 1
      if (isFilled !== (runs.length % 2 === 0)) runs.push(0)
      runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1
    }
  return runs
}

/** In each row whose centres the edge crosses, toggle the first pixel whose centre is right of the edge or on it. */
function toggleRight(toggles: Uint8Array, width: number, height: number, a: ImagePoint, b: ImagePoint): void {
  const [upper, lower] = a[1] <= b[1] ? [a, b] : [b, a]
  const [x, y, endX, endY] = [whole(upper[0]), whole(upper[1]), whole(lower[0]), whole(lower[1])]
  const [run, rise] = [endX - x, endY - y]
  const endRow = Math.min(Math.ceil((endY - CENTRE) / PER_PX), height)
  for (let row = Math.max(Math.ceil((y - CENTRE) / PER_PX), 0); row < endRow; row += 1) {
    const column = Math.max(0, columnRightOf(x - CENTRE, rise, row * PER_PX + CENTRE - y, run))
    const at = row * width + column
    if (column < width) toggles[at] = (toggles[at] ?? 0) ^ 1
  }
}

/** The least whole number of pixels that is no less than (x + down * run / rise) / PER_PX. */
function columnRightOf(x: number, rise: number, down: number, run: number): number {
  const [far, divisor] = [x * rise + down * run, rise * PER_PX]
  if (Math.abs(x * rise) + Math.abs(down * run) <= Number.MAX_SAFE_INTEGER) {
    const rest = far % divisor
    return (far - rest) / divisor + (rest > 0 ? 1 : 0)
  }
  const exact = BigInt(x) * BigInt(rise) + BigInt(down) * BigInt(run)
  const rest = exact % BigInt(divisor)
  return Number((exact - rest) / BigInt(divisor)) + (rest > 0n ? 1 : 0)
}
