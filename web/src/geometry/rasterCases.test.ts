import { describe, expect, it } from 'vitest'
import cases from '../../../tests/unit/geometry/raster_cases.json'
import { decodeMask, findPolygonFault, imagePoint, polygonFromMask, rasterize } from '.'
import type { DecodedMask, PolygonShape } from '.'
import { encodeRuns } from './fixtures'

const polygonOf = (parts: number[][][][]): PolygonShape => ({
  type: 'polygon',
  parts: parts.map((part) => part.map((ring) => ring.map(([x = NaN, y = NaN]) => imagePoint(x, y)))),
})

function maskOf(width: number, height: number, runs: readonly number[]): DecodedMask {
  const mask = decodeMask({ size: [height, width], counts: encodeRuns(runs) })
  if (mask === null) throw new Error('the runs of a case do not fill its raster')
  return mask
}

describe('a polygon covers the pixels that it covers on the server', () => {
  it.each(cases.polygons)('$name', ({ width, height, parts, runs }) => {
    expect(rasterize(polygonOf(parts), width, height)).toEqual(runs)
  })
})

describe('a mask is traced as on the server', () => {
  it.each(cases.masks)('$name', ({ width, height, runs, rings_of_parts }) => {
    const polygon = polygonFromMask(maskOf(width, height, runs))
    const rings = (polygon?.parts ?? []).map((part) => part.length).sort((a, b) => a - b)
    expect(rings).toEqual(rings_of_parts)
    if (polygon === null) return
    expect(rasterize(polygon, width, height)).toEqual(runs)
    expect(findPolygonFault(polygon)).toBeNull()
  })
})

describe('a mask traced with a tolerance', () => {
  const size = 120
  const isBetweenCircles = (x: number, y: number): boolean => {
    const radius = Math.hypot(x - 59.5, y - 59.5)
    return radius < 50 && radius > 12
  }
  const disc = maskOf(size, size, runsWhere(isBetweenCircles))

  function runsWhere(isFilled: (x: number, y: number) => boolean): number[] {
    const runs = [0]
    for (let at = 0; at < size * size; at += 1) {
      if (isFilled(Math.floor(at / size), at % size) !== (runs.length % 2 === 0)) runs.push(0)
      runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1
    }
    return runs
  }

  it('has few vertices, keeps its hole and most of its pixels', () => {
    const polygon = polygonFromMask(disc, 1.5)
    expect(polygon?.parts.map((part) => part.length)).toEqual([2])
    expect(polygon?.parts.flat(2).length).toBeLessThan(40)
    const covered = maskOf(size, size, polygon ? rasterize(polygon, size, size) : [size * size])
    expect(Math.abs(covered.areaPx - disc.areaPx) / disc.areaPx).toBeLessThan(0.05)
  })

  it('stays valid where parts touch at corners', () => {
    const chequers = maskOf(
      size,
      size,
      runsWhere((x, y) => (Math.floor(x / 6) + Math.floor(y / 6)) % 2 === 0),
    )
    const polygon = polygonFromMask(chequers, 3)
    expect(polygon && findPolygonFault(polygon)).toBeNull()
    expect(polygon?.parts.length).toBe(200)
  })

  it('is exact where the tolerance would leave nothing', () => {
    const pixel = maskOf(3, 3, [4, 1, 4])
    const polygon = polygonFromMask(pixel, 8)
    expect(polygon?.parts[0]?.[0]).toHaveLength(4)
  })
})
