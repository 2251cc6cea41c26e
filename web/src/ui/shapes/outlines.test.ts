import { describe, expect, it } from 'vitest'
import { imagePoint } from '@/geometry/points'
import { decodeMask } from '@/geometry/runs'
import type { MaskShape } from '@/geometry/shapes'
import { borderPath, stripPath } from './maskPaths'
import { outlineOf } from './outlines'

// 3 x 3 with the middle pixel empty: column-major runs 0, 4, 1, 4; the last is written as a difference.
const RING: MaskShape = { type: 'mask', size: [3, 3], counts: '0410' }

function decoded(mask: MaskShape) {
  const found = decodeMask(mask)
  if (found === null) throw new Error('the mask of this test is broken')
  return found
}

describe('outlines', () => {
  it('draws a box from corner to corner', () => {
    expect(outlineOf({ type: 'box', x0: 1, y0: 2, x1: 5, y1: 7 })?.fill).toBe('M1 2H5V7H1Z')
  })

  it('draws holes as rings of the same path, so that the even-odd rule cuts them out', () => {
    const ring = (at: number, side: number) => [
      imagePoint(at, at),
      imagePoint(at + side, at),
      imagePoint(at, at + side),
    ]
    const outline = outlineOf({ type: 'polygon', parts: [[ring(0, 9), ring(1, 2)]] })
    expect(outline?.fill).toBe('M0 0L9 0L0 9ZM1 1L3 1L1 3Z')
  })

  it('turns a rotated box about its centre', () => {
    const outline = outlineOf({ type: 'rotated_box', cx: 10, cy: 10, width: 4, height: 2, angle_deg: 90 })
    const numbers = (outline?.stroke.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map((n) => Math.round(Number(n)))
    expect(numbers).toEqual([11, 8, 11, 12, 9, 12, 9, 8])
  })

  it('gives points as dots and leaves absent ones out', () => {
    const outline = outlineOf({ type: 'points', points: [imagePoint(1, 2), imagePoint(3, 4)], visibility: [2, 0] })
    expect(outline).toEqual({ fill: null, stroke: 'M1 2h0', dots: true })
  })

  it('never closes a line', () => {
    const outline = outlineOf({ type: 'polyline', points: [imagePoint(0, 0), imagePoint(2, 2)] })
    expect(outline).toMatchObject({ fill: null, stroke: 'M0 0L2 2' })
  })

  it('draws nothing for a tag', () => {
    expect(outlineOf({ type: 'tag' })).toBeNull()
  })

  it('joins equal strips of neighbouring columns', () => {
    expect(stripPath(decoded({ type: 'mask', size: [2, 2], counts: '04' }))).toBe('M0 0H2V2H0Z')
    expect(stripPath(decoded(RING))).toBe('M0 0H1V3H0ZM1 0H2V1H1ZM1 2H2V3H1ZM2 0H3V3H2Z')
  })

  it('draws the border of a mask once, and that of its hole', () => {
    const lines = borderPath(decoded(RING)).split('M').filter(Boolean).sort()
    expect(lines).toEqual(['0 0H3', '0 0V3', '0 3H3', '1 1H2', '1 1V2', '1 2H2', '2 1V2', '3 0V3'])
  })

  it('draws nothing for a mask whose runs do not fill its raster', () => {
    expect(outlineOf({ type: 'mask', size: [3, 3], counts: '04' })).toBeNull()
  })
})
