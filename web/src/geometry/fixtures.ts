/** Shapes for the tests of geometry and of what builds on it. */

import { type ImagePoint, imagePoint } from './points'
import type { Ring } from './shapes'

export const ringOf = (...coordinates: readonly (readonly [number, number])[]): Ring =>
  coordinates.map(([x, y]): ImagePoint => imagePoint(x, y))

export const square = (x: number, y: number, side: number): Ring =>
  ringOf([x, y], [x + side, y], [x + side, y + side], [x, y + side])

/** Encode a column-major raster as COCO does: the oracle of the decoder. */
export function encodeRuns(runs: readonly number[]): string {
  let text = ''
  runs.forEach((run, i) => {
    let value = i > 2 ? run - (runs[i - 2] ?? 0) : run
    for (let more = true; more;) {
      const group = value & 0x1f
      value >>= 5
      more = group & 0x10 ? value !== -1 : value !== 0
      text += String.fromCharCode((more ? group | 0x20 : group) + 48)
    }
  })
  return text
}
