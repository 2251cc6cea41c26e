import { describe, expect, it } from 'vitest'
import {
  canonicalShape,
  countVertices,
  deleteVertex,
  imagePoint,
  insertVertex,
  isInPolygon,
  moveVertex,
  nearestPolygonEdge,
  nearestPolygonVertex,
  polygonArea,
  polygonShape,
  shapeBounds,
} from '.'
import type { PolygonShape } from '.'
import { ringOf, square } from './fixtures'

const ringed = polygonShape(square(0, 0, 10), [square(3, 3, 4)])
const island: PolygonShape = { type: 'polygon', parts: [...ringed.parts, [square(4, 4, 2)]] }

describe('a polygon with a hole', () => {
  it('is left in its hole and entered again on an island', () => {
    expect(isInPolygon(imagePoint(1, 1), ringed)).toBe(true)
    expect(isInPolygon(imagePoint(5, 5), ringed)).toBe(false)
    expect(isInPolygon(imagePoint(5, 5), island)).toBe(true)
  })

  it('has the area of its exterior less its hole, whatever way the hole runs', () => {
    expect(polygonArea(ringed)).toBe(84)
    expect(polygonArea(polygonShape(square(0, 0, 10), [[...square(3, 3, 4)].reverse()]))).toBe(84)
  })

  it('has the bounds of its exterior', () => {
    expect(shapeBounds(ringed)).toEqual({ x0: 0, y0: 0, x1: 10, y1: 10 })
  })

  it('finds the edges and vertices of the hole', () => {
    expect(nearestPolygonEdge(imagePoint(5, 3.4), ringed)).toMatchObject({ part: 0, ring: 1, edge: 0 })
    expect(nearestPolygonVertex(imagePoint(7.1, 7.1), ringed, 1)).toEqual({ part: 0, ring: 1, vertex: 2 })
    expect(nearestPolygonVertex(imagePoint(5, 5), ringed, 1)).toBeNull()
  })
})

describe('an edit of a polygon', () => {
  it('inserts on the closing edge at the end of the ring', () => {
    const longer = insertVertex(polygonShape(square(0, 0, 10)), { part: 0, ring: 0 }, 3, imagePoint(0, 5))
    expect(longer.parts[0]?.[0]?.at(-1)).toEqual([0, 5])
    expect(countVertices(longer)).toBe(5)
  })

  it('moves one vertex and shares the rings that it did not touch', () => {
    const moved = moveVertex(ringed, { part: 0, ring: 1, vertex: 0 }, imagePoint(2, 2))
    expect(moved.parts[0]?.[1]?.[0]).toEqual([2, 2])
    expect(moved.parts[0]?.[0]).toBe(ringed.parts[0]?.[0])
    expect(ringed.parts[0]?.[1]?.[0]).toEqual([3, 3])
  })

  it('takes a hole away with its third-last vertex', () => {
    const triangle = polygonShape(square(0, 0, 10), [ringOf([3, 3], [5, 3], [4, 5])])
    expect(deleteVertex(triangle, { part: 0, ring: 1, vertex: 0 })?.parts).toEqual([[square(0, 0, 10)]])
  })

  it('takes a part with its holes away when its exterior goes', () => {
    const two: PolygonShape = {
      type: 'polygon',
      parts: [[ringOf([0, 0], [9, 0], [0, 9]), ringOf([1, 1], [2, 1], [1, 2])], [square(20, 20, 5)]],
    }
    expect(deleteVertex(two, { part: 0, ring: 0, vertex: 1 })?.parts).toEqual([[square(20, 20, 5)]])
  })

  it('leaves nothing of a triangle', () => {
    expect(deleteVertex(polygonShape(ringOf([0, 0], [9, 0], [0, 9])), { part: 0, ring: 0, vertex: 1 })).toBeNull()
  })

  it('ignores a vertex that is not there', () => {
    expect(deleteVertex(ringed, { part: 0, ring: 0, vertex: 9 })).toBe(ringed)
    expect(deleteVertex(ringed, { part: 3, ring: 0, vertex: 0 })).toBe(ringed)
  })

  it('drops a hole that rounding closed', () => {
    const speck = polygonShape(square(0, 0, 10), [square(3, 3, 0.001)])
    expect(canonicalShape(speck)).toEqual(polygonShape(square(0, 0, 10)))
  })
})
