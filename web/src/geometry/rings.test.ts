import { describe, expect, it } from 'vitest'
import {
  isFlat,
  canonicalRing,
  enclosesArea,
  imagePoint,
  isClockwise,
  isInRing,
  nearestEdge,
  nearestOnSegment,
  nearestVertex,
  signedArea,
} from '.'
import { ringOf, square } from './fixtures'

describe('a ring', () => {
  it('has a positive area when it runs clockwise on screen', () => {
    expect(signedArea(square(10, 10, 4))).toBe(16)
    expect(signedArea([...square(10, 10, 4)].reverse())).toBe(-16)
    expect(isClockwise(square(0, 0, 1))).toBe(true)
  })

  it('has no area when it is empty, a point or a line', () => {
    expect(signedArea([])).toBe(0)
    expect(enclosesArea(ringOf([1, 1]))).toBe(false)
    expect(enclosesArea(ringOf([0, 0], [5, 5], [10, 10]))).toBe(false)
    expect(enclosesArea(ringOf([0, 0], [5, 0], [0, 0], [5, 0]))).toBe(false)
  })

  it('counts a ray through a vertex once', () => {
    const diamond = ringOf([5, 0], [10, 5], [5, 10], [0, 5])
    expect(isInRing(imagePoint(2, 5), diamond)).toBe(true)
    expect(isInRing(imagePoint(-1, 5), diamond)).toBe(false)
    expect(isInRing(imagePoint(-1, 0), diamond)).toBe(false)
  })

  it('is not entered through a notch', () => {
    const notched = ringOf([0, 0], [10, 0], [10, 10], [5, 2], [0, 10])
    expect(isInRing(imagePoint(5, 8), notched)).toBe(false)
    expect(isInRing(imagePoint(1, 5), notched)).toBe(true)
  })

  it('finds the nearest edge, the closing one too', () => {
    expect(nearestEdge(imagePoint(-1, 5), square(0, 0, 10))).toEqual({ edge: 3, place: [0, 5], distance: 1 })
    expect(nearestEdge(imagePoint(-1, 5), square(0, 0, 10), false)?.edge).not.toBe(3)
    expect(nearestEdge(imagePoint(0, 0), ringOf([1, 1]))).toBeNull()
  })

  it('takes a segment of no length for a point', () => {
    expect(nearestOnSegment(imagePoint(9, 9), imagePoint(1, 2), imagePoint(1, 2))).toEqual([1, 2])
  })

  it('finds a vertex only within reach', () => {
    expect(nearestVertex(imagePoint(9, 1), square(0, 0, 10), 2)).toBe(1)
    expect(nearestVertex(imagePoint(5, 5), square(0, 0, 10), 2)).toBeNull()
  })

  it('is stored rounded, open and without repeated points', () => {
    expect(canonicalRing(ringOf([0.001, -0.001], [0.004, 0], [10.005, 0], [10, 9.999], [0, 0]))).toEqual([
      [0, 0],
      [10.01, 0],
      [10, 10],
    ])
  })

  it('is flat on one line, not when it merely has no area', () => {
    expect(isFlat(ringOf([0, 0], [5, 5], [10, 10], [2, 2]))).toBe(true)
    expect(isFlat(ringOf([3, 3], [3, 3]))).toBe(true)
    expect(isFlat(ringOf([0, 0], [10, 10], [10, 0], [0, 10]))).toBe(false)
  })
})
