import { describe, expect, it } from 'vitest'
import { crossesPath, findPolygonFault, findSelfIntersection, imagePoint, polygonShape } from '.'
import type { PolygonShape } from '.'
import { ringOf, square } from './fixtures'

const fault = (polygon: PolygonShape) => findPolygonFault(polygon)?.fault ?? null

describe('a ring', () => {
  it('may be concave', () => {
    expect(findSelfIntersection(ringOf([0, 0], [10, 0], [10, 10], [5, 2], [0, 10]))).toBeNull()
  })

  it('may have points on a straight line', () => {
    expect(findSelfIntersection(ringOf([0, 0], [5, 0], [10, 0], [10, 10], [0, 10]))).toBeNull()
  })

  it('may not cross itself, and says where', () => {
    expect(findSelfIntersection(ringOf([0, 0], [10, 10], [10, 0], [0, 10]))).toEqual([5, 5])
  })

  it('may not touch itself in a vertex', () => {
    expect(findSelfIntersection(ringOf([0, 0], [4, 0], [5, 5], [6, 0], [10, 0], [10, 10], [5, 5], [0, 10]))).toEqual([
      5, 5,
    ])
  })

  it('may not touch one of its edges with a vertex', () => {
    expect(findSelfIntersection(ringOf([0, 0], [10, 0], [10, 10], [5, 0], [0, 10]))).toEqual([5, 0])
  })

  it('may not run back along itself', () => {
    expect(findSelfIntersection(ringOf([0, 0], [10, 0], [15, 0], [10, 0], [10, 10]))).not.toBeNull()
    expect(findSelfIntersection(ringOf([0, 0], [10, 0], [4, 0], [4, 10]))).not.toBeNull()
  })

  it('of twenty thousand points is checked at once', () => {
    const round = ringOf(
      ...Array.from({ length: 20_000 }, (_, i): [number, number] => {
        const angle = (i / 20_000) * 2 * Math.PI
        return [2000 + 1900 * Math.cos(angle), 1500 + 1400 * Math.sin(angle)]
      }),
    )
    const start = performance.now()
    expect(findSelfIntersection(round)).toBeNull()
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('a polygon', () => {
  it('may have holes side by side and touching its exterior in a point', () => {
    expect(fault(polygonShape(square(0, 0, 20), [square(2, 2, 4), square(10, 10, 4)]))).toBeNull()
    expect(fault(polygonShape(square(0, 0, 20), [ringOf([0, 10], [5, 8], [5, 12])]))).toBeNull()
  })

  it('may have a part in a hole of another', () => {
    expect(fault({ type: 'polygon', parts: [[square(0, 0, 20), square(4, 4, 10)], [square(6, 6, 3)]] })).toBeNull()
  })

  it('may not have a hole across its line, outside it or in another hole', () => {
    expect(fault(polygonShape(square(0, 0, 10), [square(8, 4, 4)]))).toBe('rings_cross')
    expect(fault(polygonShape(square(0, 0, 10), [square(20, 4, 4)]))).toBe('hole_outside')
    expect(fault(polygonShape(square(0, 0, 20), [square(2, 2, 10), square(4, 4, 3)]))).toBe('hole_in_hole')
  })

  it('may not have a hole that is its exterior', () => {
    expect(fault(polygonShape(square(0, 0, 10), [square(0, 0, 10)]))).toBe('rings_cross')
  })

  it('may not have parts on each other', () => {
    expect(fault({ type: 'polygon', parts: [[square(0, 0, 10)], [square(2, 2, 3)]] })).toBe('parts_overlap')
    expect(fault({ type: 'polygon', parts: [[square(0, 0, 10)], [square(5, 5, 10)]] })).toBe('rings_cross')
  })
})

describe('a line that is being drawn', () => {
  const path = ringOf([0, 0], [10, 0], [10, 10])
  it('may go on freely and close onto its first point', () => {
    expect(crossesPath(path, imagePoint(0, 10))).toBe(false)
    expect(crossesPath(path, imagePoint(0, 0))).toBe(false)
  })

  it('may not cross what is drawn nor run back', () => {
    expect(crossesPath(path, imagePoint(5, -5))).toBe(true)
    expect(crossesPath(path, imagePoint(10, 5))).toBe(true)
  })
})
