import { describe, expect, it } from 'vitest'
import { decodeMask, decodeRuns, forEachStrip, isFilled, isOnShape, imagePoint, shapeArea, shapeBounds } from '.'
import { encodeRuns } from './fixtures'

describe('run lengths', () => {
  it('are read as COCO writes them', () => {
    // What pycocotools writes for a raster of 6 x 5 with rows 1 to 3 of columns 2 and 3 filled.
    expect(decodeRuns('=3305')).toEqual([13, 3, 3, 3, 8])
    expect(encodeRuns([13, 3, 3, 3, 8])).toBe('=3305')
  })

  it('of an ellipse, written by pycocotools, give its area and bounds', () => {
    const counts = 'X>8n04M2N2N2N2O1N1O2O001N10001O0O10000000000000000001O0O101O000O2O0O2N2O1N2N2N2M5Ji:'
    expect(decodeMask({ size: [40, 60], counts })).toMatchObject({
      areaPx: 886,
      bounds: { x0: 11, y0: 6, x1: 51, y1: 34 },
    })
  })

  it('may be differences below zero and longer than 32 bits of shifting', () => {
    const runs = [5, 1_000_000_000, 3, 2, 4_000, 1]
    expect(decodeRuns(encodeRuns(runs))).toEqual(runs)
  })

  it('are refused when they end inside a number, are negative or are no run lengths', () => {
    expect(decodeRuns('P')).toBeNull()
    expect(decodeRuns('O')).toBeNull()
    expect(decodeRuns('!')).toBeNull()
  })
})

describe('a mask', () => {
  const mask = { type: 'mask', size: [6, 5], counts: encodeRuns([13, 3, 3, 3, 8]) } as const

  it('runs down its columns', () => {
    const filled: string[] = []
    for (let y = 0; y < 6; y += 1) {
      let row = ''
      for (let x = 0; x < 5; x += 1) {
        const decoded = decodeMask(mask)
        row += decoded && isFilled(decoded, x, y) ? '#' : '.'
      }
      filled.push(row)
    }
    expect(filled).toEqual(['.....', '..##.', '..##.', '..##.', '.....', '.....'])
  })

  it('knows its bounds and area', () => {
    expect(shapeBounds(mask)).toEqual({ x0: 2, y0: 1, x1: 4, y1: 4 })
    expect(shapeArea(mask)).toBe(6)
  })

  it('is hit on its pixels only', () => {
    expect(isOnShape(imagePoint(2.5, 1.5), mask, 0)).toBe(true)
    expect(isOnShape(imagePoint(4.2, 1.5), mask, 0)).toBe(false)
    expect(isOnShape(imagePoint(-3, -3), mask, 0)).toBe(false)
  })

  it('gives its strips, a run over two columns as two', () => {
    const strips: number[][] = []
    const wrapped = decodeMask({ size: [4, 3], counts: encodeRuns([2, 4, 6]) })
    if (wrapped) forEachStrip(wrapped, (...strip) => strips.push(strip))
    expect(strips).toEqual([
      [0, 2, 2],
      [1, 0, 2],
    ])
    expect(wrapped?.bounds).toEqual({ x0: 0, y0: 0, x1: 2, y1: 4 })
  })

  it('of no pixels has no bounds, and one that does not fill its raster is none', () => {
    expect(decodeMask({ size: [4, 3], counts: encodeRuns([12]) })?.bounds).toBeNull()
    expect(decodeMask({ size: [4, 3], counts: encodeRuns([11]) })).toBeNull()
    expect(decodeMask({ size: [4, 3], counts: encodeRuns([0, 12]) })?.areaPx).toBe(12)
  })
})
