import { describe, expect, it } from 'vitest'
import { imagePoint, toScreen, visibleBounds, zoomAbout, screenPoint } from '@/geometry'
import { createLinkedView } from './linkedView'

const IMAGE = { width: 1000, height: 800 }
const MAIN = { width: 800, height: 450 }
const PANE = { width: 250, height: 210 }

describe('linked panes', () => {
  it('show the middle of the large pane in their own middle, and all that it shows', () => {
    const links = createLinkedView(IMAGE)
    links.place(MAIN)
    links.show({ x0: 100, y0: 100, x1: 180, y1: 160 })
    const [main, pane] = [links.main(), links.seenIn(PANE)]
    if (main === null || pane === null) throw new Error('the panes have no size')
    expect(toScreen(pane, imagePoint(140, 130)).map(Math.round)).toEqual([125, 105])
    const [seen, small] = [visibleBounds(main), visibleBounds(pane)]
    expect(small.x0).toBeLessThanOrEqual(seen.x0 + 1e-6)
    expect(small.y1).toBeGreaterThanOrEqual(seen.y1 - 1e-6)
  })

  it('move the large one when they are moved', () => {
    const links = createLinkedView(IMAGE)
    links.place(MAIN)
    const before = links.main()
    const pane = links.seenIn(PANE)
    if (before === null || pane === null) throw new Error('the panes have no size')
    links.move(zoomAbout(pane, screenPoint(125, 105), 2, IMAGE))
    expect(links.main()?.scale).toBeCloseTo(before.scale * 2)
  })

  it('keep the zoom when the window changes its size', () => {
    const links = createLinkedView(IMAGE)
    links.place(MAIN)
    links.show({ x0: 10, y0: 10, x1: 300, y1: 300 })
    const scale = links.main()?.scale
    links.place({ width: 700, height: 500 })
    expect(links.main()?.scale).toBe(scale)
  })

  it('keep the zoom from one object to the next of about the same size', () => {
    const links = createLinkedView(IMAGE)
    links.place(MAIN)
    links.show({ x0: 100, y0: 100, x1: 200, y1: 200 })
    const scale = links.main()?.scale
    links.show({ x0: 700, y0: 600, x1: 780, y1: 680 })
    expect(links.main()?.scale).toBe(scale)
    links.show({ x0: 700, y0: 600, x1: 704, y1: 604 })
    expect(links.main()?.scale).toBeGreaterThan(scale ?? Infinity)
  })

  it('keep the middle of the large one when a pane is only looked through', () => {
    const links = createLinkedView(IMAGE)
    links.place(MAIN)
    const [view, pane] = [links.main(), links.seenIn(PANE)]
    if (view === null || pane === null) throw new Error('the panes have no size')
    links.move(pane)
    expect(links.main()?.left).toBeCloseTo(view.left)
    expect(links.main()?.scale).toBeCloseTo(view.scale)
  })
})
