import { describe, expect, it } from 'vitest'
import {
  boxHandles,
  dragBoxHandle,
  imagePoint,
  isOnShape,
  limitMove,
  moveShapeInside,
  shapeArea,
  thinVertices,
} from '.'
import { ringOf, square } from './fixtures'

describe('handles', () => {
  const box = { x0: 10, y0: 10, x1: 30, y1: 20 }

  it('leave the sides out where they would crowd', () => {
    expect(boxHandles(box, 4)).toHaveLength(8)
    expect(boxHandles(box, 8).map(({ handle }) => handle)).toEqual(['nw', 'n', 'ne', 'se', 's', 'sw'])
    expect(boxHandles(box, 50)).toHaveLength(4)
  })

  it('move the sides they hold, and turn a box that is pulled inside out', () => {
    expect(dragBoxHandle(box, 'e', imagePoint(40, 99))).toEqual({ ...box, x1: 40 })
    expect(dragBoxHandle(box, 'nw', imagePoint(35, 5))).toEqual({ x0: 30, y0: 5, x1: 35, y1: 20 })
  })

  it('of a dense ring are thinned, and the last does not crowd the first', () => {
    const dense = ringOf(...Array.from({ length: 40 }, (_, i): [number, number] => [i, i % 2]), [20, 30], [0.5, 0.5])
    const shown = thinVertices(dense, 5)
    expect(shown.length).toBeLessThan(12)
    expect(shown[0]).toBe(0)
    expect(shown).not.toContain(dense.length - 1)
    expect(thinVertices(square(0, 0, 10), 5)).toEqual([0, 1, 2, 3])
  })
})

describe('moving', () => {
  const image = { width: 100, height: 100 }

  it('stops at the border of the picture', () => {
    expect(limitMove({ x0: 10, y0: 10, x1: 20, y1: 20 }, -50, 85, image)).toEqual([-10, 80])
    expect(moveShapeInside({ type: 'box', x0: 0, y0: 0, x1: 9, y1: 9 }, -1, 4, image)).toMatchObject({
      x0: 0,
      y0: 4,
    })
  })

  it('lets what sticks out only come back', () => {
    expect(limitMove({ x0: -5, y0: 0, x1: 10, y1: 10 }, -3, 0, image)).toEqual([0, 0])
    expect(limitMove({ x0: -5, y0: 0, x1: 10, y1: 10 }, 3, 0, image)).toEqual([3, 0])
  })

  it('leaves a tag where it is', () => {
    const tag = { type: 'tag' } as const
    expect(moveShapeInside(tag, 5, 5, image)).toBe(tag)
  })
})

describe('hitting', () => {
  it('reaches lines and points from nearby', () => {
    const line = { type: 'polyline', points: ringOf([0, 0], [10, 0]) } as const
    expect(isOnShape(imagePoint(5, 2), line, 3)).toBe(true)
    expect(isOnShape(imagePoint(5, 4), line, 3)).toBe(false)
    expect(shapeArea(line)).toBe(0)
    expect(isOnShape(imagePoint(1, 1), { type: 'points', points: ringOf([0, 0]) }, 2)).toBe(true)
  })

  it('of a turned box follows its turn', () => {
    const turned = { type: 'rotated_box', cx: 50, cy: 50, width: 40, height: 4, angle_deg: 90 } as const
    expect(isOnShape(imagePoint(50, 65), turned, 0)).toBe(true)
    expect(isOnShape(imagePoint(65, 50), turned, 0)).toBe(false)
  })

  it('misses foreign shapes', () => {
    expect(isOnShape(imagePoint(0, 0), { type: 'foreign', wire: { type: 'spline' } }, 99)).toBe(false)
  })
})
