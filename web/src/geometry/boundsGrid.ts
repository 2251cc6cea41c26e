/** Finds the rectangles at a place or in an area without looking at all of them: a uniform grid of square cells. */

import { type Bounds, isInBounds, isOverlapping } from './bounds'
import type { ImagePoint } from './points'

export interface BoundsGrid {
  /** Indices of the rectangles that hold a point, ascending. */
  readonly at: (p: ImagePoint) => readonly number[]
  /** Indices of the rectangles that meet an area, ascending. */
  readonly within: (area: Bounds) => readonly number[]
}

/** A rectangle over more cells than this is kept aside and always looked at. */
const MAX_CELLS = 64

/** Index rectangles; `null` entries are nowhere. A cell is about twice as long as the typical rectangle. */
export function indexBounds(all: readonly (Bounds | null)[]): BoundsGrid {
  const cell = cellSize(all)
  const cells = new Map<string, number[]>()
  const large: number[] = []
  const column = (x: number): number => Math.floor(x / cell)
  all.forEach((bounds, i) => {
    if (bounds === null) return
    const [c0, c1, r0, r1] = [column(bounds.x0), column(bounds.x1), column(bounds.y0), column(bounds.y1)]
    if ((c1 - c0 + 1) * (r1 - r0 + 1) > MAX_CELLS) {
      large.push(i)
      return
    }
    for (let c = c0; c <= c1; c += 1) for (let r = r0; r <= r1; r += 1) append(cells, key(c, r), i)
  })
  const collect = (area: Bounds, fits: (bounds: Bounds) => boolean): readonly number[] => {
    const [c0, c1, r0, r1] = [column(area.x0), column(area.x1), column(area.y0), column(area.y1)]
    const found = new Set(large)
    if ((c1 - c0 + 1) * (r1 - r0 + 1) > cells.size) for (const some of cells.values()) some.forEach((i) => found.add(i))
    else
      for (let c = c0; c <= c1; c += 1)
        for (let r = r0; r <= r1; r += 1) cells.get(key(c, r))?.forEach((i) => found.add(i))
    return [...found].filter((i) => all[i] && fits(all[i])).sort((a, b) => a - b)
  }
  return {
    at: (p) => collect({ x0: p[0], y0: p[1], x1: p[0], y1: p[1] }, (bounds) => isInBounds(p, bounds)),
    within: (area) => collect(area, (bounds) => isOverlapping(area, bounds)),
  }
}

const key = (column: number, row: number): string => `${String(column)} ${String(row)}`

function append(cells: Map<string, number[]>, at: string, i: number): void {
  const some = cells.get(at)
  if (some) some.push(i)
  else cells.set(at, [i])
}

function cellSize(all: readonly (Bounds | null)[]): number {
  const sides = all.flatMap((b) => (b ? [Math.max(b.x1 - b.x0, b.y1 - b.y0)] : [])).sort((a, b) => a - b)
  return Math.max(2 * (sides[sides.length >> 1] ?? 0), 16)
}
