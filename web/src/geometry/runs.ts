/** COCO's compressed run lengths: the raster of a mask, column by column, first run empty pixels. */

import type { Bounds } from './bounds'

interface Runs {
  readonly size: readonly [height: number, width: number]
  readonly counts: string
}

/** A mask in a form that can be asked: `ends[i]` is where run i ends in the column-major raster; odd runs are filled. */
export interface DecodedMask {
  readonly width: number
  readonly height: number
  readonly ends: Uint32Array
  readonly areaPx: number
  /** Around the filled pixels, far edges exclusive; null when none is filled. */
  readonly bounds: Bounds | null
}

/**
 * Decode the text to run lengths (6-bit groups from '0', 5 payload bits, from the fourth run on a difference to the run
 * two before). Returns null where the text is none: a stray character, an end inside a number, a negative run.
 */
export function decodeRuns(counts: string): number[] | null {
  const runs: number[] = []
  let value = 0
  let factor = 1
  for (let i = 0; i < counts.length; i += 1) {
    const group = counts.charCodeAt(i) - 48
    if (group < 0 || group > 63) return null
    // Not shifts: a number may need more than the 32 bits they have.
    value += (group & 0x1f) * factor
    factor *= 32
    if (group & 0x20) continue
    if (group & 0x10) value -= factor
    if (runs.length > 2) value += runs[runs.length - 2] ?? 0
    if (value < 0) return null
    runs.push(value)
    value = 0
    factor = 1
  }
  return factor === 1 ? runs : null
}

const decoded = new WeakMap<Runs, DecodedMask | null>()

/** Decode a mask once; null when its text is broken or does not fill its raster. */
export function decodeMask(mask: Runs): DecodedMask | null {
  let found = decoded.get(mask)
  if (found === undefined) {
    found = decode(mask)
    decoded.set(mask, found)
  }
  return found
}

function decode(mask: Runs): DecodedMask | null {
  const [height, width] = mask.size
  const runs = decodeRuns(mask.counts)
  if (runs === null) return null
  const ends = new Uint32Array(runs.length)
  let at = 0
  let areaPx = 0
  let x0 = Infinity
  let y0 = Infinity
  let x1 = -1
  let y1 = -1
  runs.forEach((run, i) => {
    if (i % 2 === 1 && run > 0) {
      const last = at + run - 1
      const [firstColumn, lastColumn] = [Math.floor(at / height), Math.floor(last / height)]
      const crossesColumns = lastColumn > firstColumn
      x0 = Math.min(x0, firstColumn)
      x1 = Math.max(x1, lastColumn)
      y0 = Math.min(y0, crossesColumns ? 0 : at % height)
      y1 = Math.max(y1, crossesColumns ? height - 1 : last % height)
      areaPx += run
    }
    at += run
    ends[i] = at
  })
  if (at !== height * width) return null
  return { width, height, ends, areaPx, bounds: areaPx ? { x0, y0, x1: x1 + 1, y1: y1 + 1 } : null }
}

/** Whether the pixel under a place is filled. */
export function isFilled(mask: DecodedMask, x: number, y: number): boolean {
  const [column, row] = [Math.floor(x), Math.floor(y)]
  if (column < 0 || row < 0 || column >= mask.width || row >= mask.height) return false
  const place = column * mask.height + row
  let [low, high] = [0, mask.ends.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((mask.ends[middle] ?? 0) > place) high = middle
    else low = middle + 1
  }
  return low % 2 === 1
}

/** Call `paint(column, firstRow, rows)` for every vertical strip of filled pixels. */
export function forEachStrip(mask: DecodedMask, paint: (column: number, row: number, rows: number) => void): void {
  for (let i = 1; i < mask.ends.length; i += 2) {
    let at = mask.ends[i - 1] ?? 0
    const end = mask.ends[i] ?? at
    while (at < end) {
      const row = at % mask.height
      const rows = Math.min(mask.height - row, end - at)
      paint(Math.floor(at / mask.height), row, rows)
      at += rows
    }
  }
}
