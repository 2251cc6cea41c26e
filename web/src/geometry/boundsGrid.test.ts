import { describe, expect, it } from 'vitest'
import { type Bounds, imagePoint, indexBounds, isInBounds, isOverlapping } from '.'

/** A small generator with a seed, so that a failure comes back. */
function* noise(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    yield state / 2 ** 31
  }
}

describe('the grid', () => {
  const random = noise(7)
  const next = (): number => random.next().value as number
  const all: (Bounds | null)[] = Array.from({ length: 400 }, (_, i) => {
    if (i % 50 === 0) return null
    const [x, y, size] = [next() * 4000, next() * 3000, next() * (i % 40 === 1 ? 3000 : 60)]
    return { x0: x, y0: y, x1: x + size, y1: y + size / 2 }
  })
  const grid = indexBounds(all)

  it('finds at a point what looking at all finds', () => {
    for (let i = 0; i < 300; i += 1) {
      const p = imagePoint(next() * 4200 - 100, next() * 3200 - 100)
      expect(grid.at(p)).toEqual(all.flatMap((b, k) => (b && isInBounds(p, b) ? [k] : [])))
    }
  })

  it('finds in a window what looking at all finds', () => {
    for (let i = 0; i < 100; i += 1) {
      const [x, y, side] = [next() * 4000 - 200, next() * 3000 - 200, next() * 5000]
      const window = { x0: x, y0: y, x1: x + side, y1: y + side }
      expect(grid.within(window)).toEqual(all.flatMap((b, k) => (b && isOverlapping(window, b) ? [k] : [])))
    }
  })

  it('of nothing finds nothing', () => {
    expect(indexBounds([]).at(imagePoint(0, 0))).toEqual([])
    expect(indexBounds([null]).within({ x0: -1e9, y0: -1e9, x1: 1e9, y1: 1e9 })).toEqual([])
  })
})
