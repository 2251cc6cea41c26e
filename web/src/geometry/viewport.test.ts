import { describe, expect, it } from 'vitest'
import {
  centreOn,
  clamp,
  fit,
  imagePoint,
  isInSight,
  pan,
  resize,
  screenPoint,
  toImage,
  toScreen,
  visibleBounds,
  zoomAbout,
  zoomTo,
  MAX_SCALE,
} from '.'

const image = { width: 4000, height: 3000 }
const canvas = { width: 1068, height: 800 }

describe('the viewport', () => {
  it('shows the whole picture, centred, when fitted', () => {
    const view = fit(image, canvas)
    expect(view.scale).toBeCloseTo(800 / 3000)
    expect(toScreen(view, imagePoint(2000, 1500))).toEqual([534, 400])
    expect(isInSight(view, { x0: 0, y0: 0, x1: 4000, y1: 3000 })).toBe(true)
  })

  it('leaves a margin when fitted with one', () => {
    expect(toScreen(fit(image, canvas, 40), imagePoint(0, 0))[1]).toBeCloseTo(40)
  })

  it('keeps what is under the cursor there while it zooms', () => {
    const before = fit(image, canvas)
    const cursor = screenPoint(700, 300)
    const under = toImage(before, cursor)
    const [x, y] = toScreen(zoomAbout(before, cursor, 3.7, image), under)
    expect(x).toBeCloseTo(700)
    expect(y).toBeCloseTo(300)
  })

  it('goes back and forth between the frames without a loss', () => {
    const view = zoomAbout(fit(image, canvas), screenPoint(10, 20), 9, image)
    const [x, y] = toImage(view, toScreen(view, imagePoint(1234.5, 678.9)))
    expect(x).toBeCloseTo(1234.5)
    expect(y).toBeCloseTo(678.9)
  })

  it('does not zoom beyond its limits, and a refused zoom moves nothing', () => {
    const far = zoomTo(fit(image, canvas), 1e6, image)
    expect(far.scale).toBe(MAX_SCALE)
    expect(zoomAbout(far, screenPoint(3, 4), 2, image)).toEqual(far)
    expect(zoomTo(fit(image, canvas), 1e-6, image).scale).toBeCloseTo((800 / 3000) * 0.5)
  })

  it('keeps a piece of the picture in sight however far it is panned', () => {
    for (const [dx, dy] of [
      [1e6, 1e6],
      [-1e6, -1e6],
    ] as const) {
      const seen = visibleBounds(pan(fit(image, canvas), dx, dy, image))
      expect(seen.x0 < image.width && seen.x1 > 0 && seen.y0 < image.height && seen.y1 > 0).toBe(true)
    }
  })

  it('keeps a tiny picture in sight too', () => {
    const view = pan(fit({ width: 3, height: 2 }, canvas), 1e6, 0, { width: 3, height: 2 })
    expect(view.left).toBeLessThanOrEqual(canvas.width - 80)
    expect(clamp(view, { width: 3, height: 2 })).toEqual(view)
  })

  it('keeps the centre when the canvas changes its size', () => {
    const view = zoomTo(fit(image, canvas), 2, image)
    const centre = toImage(view, screenPoint(534, 400))
    const smaller = resize(view, { width: 700, height: 500 }, image)
    const [x, y] = toImage(smaller, screenPoint(350, 250))
    expect(x).toBeCloseTo(centre[0])
    expect(y).toBeCloseTo(centre[1])
  })

  it('centres on a thing without magnifying it beyond the limit', () => {
    const view = centreOn(fit(image, canvas), { x0: 100, y0: 100, x1: 110, y1: 110 }, image, 4)
    expect(view.scale).toBe(4)
    expect(isInSight(view, { x0: 100, y0: 100, x1: 110, y1: 110 })).toBe(true)
  })
})
