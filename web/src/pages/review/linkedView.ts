// One place on the picture for all panes: the large one leads, the small ones show the same part at their own size.
import { type Bounds, type Size, type Viewport, centreOn, clamp, fit, heightOf, pan, resize, widthOf, zoomTo } from '@/geometry'
import { createStore } from 'zustand/vanilla'

/** The same middle of the picture at so many times the scale, in a canvas of another size. */
function aboutMiddle(view: Viewport, canvas: Size, ratio: number): Viewport {
  const scale = view.scale * ratio
  const [x, y] = [(view.width / 2 - view.left) / view.scale, (view.height / 2 - view.top) / view.scale]
  const { width, height } = canvas
  return { scale, left: width / 2 - x * scale, top: height / 2 - y * scale, width, height }
}

/** How much smaller a pane shows things, so that all that the large one shows fits into it. */
const ratioOf = (main: Size, pane: Size): number => Math.min(pane.width / main.width, pane.height / main.height)

/** Closer than this many screen pixels for each of the picture, a selected object is not brought. */
const CLOSEST = 4
const FIT_MARGIN_PX = 12
/** Of the pane's width or height: what an object may take without a change of the zoom. */
const SMALLEST_SHARE = 0.22
const LARGEST_SHARE = 0.5

export type LinkedView = ReturnType<typeof createLinkedView>

export function createLinkedView(image: Size) {
  const store = createStore<{ main: Viewport | null }>()(() => ({ main: null }))
  const main = () => store.getState().main
  return {
    image,
    subscribe: (listener: () => void) => store.subscribe(listener),
    main,
    /** The large pane has a size now, or another one. */
    place: (canvas: Size) => {
      if (canvas.width === 0 || canvas.height === 0) return
      const view = main()
      store.setState({ main: view === null ? fit(image, canvas, FIT_MARGIN_PX) : resize(view, canvas, image) })
    },
    /** What a pane of this size shows; null while it or the large pane has none. */
    seenIn: (canvas: Size): Viewport | null => {
      const view = main()
      return view === null || canvas.width === 0 || canvas.height === 0 ? null : aboutMiddle(view, canvas, ratioOf(view, canvas))
    },
    /** Some pane was moved or zoomed. */
    move: (moved: Viewport) => {
      const view = main()
      if (view !== null) store.setState({ main: clamp(aboutMiddle(moved, view, 1 / ratioOf(view, moved)), image) })
    },
    pan: (dx: number, dy: number) => {
      const view = main()
      if (view !== null) store.setState({ main: pan(view, dx, dy, image) })
    },
    zoom: (factor: number) => {
      const view = main()
      if (view !== null) store.setState({ main: zoomTo(view, view.scale * factor, image) })
    },
    fit: () => {
      const view = main()
      if (view !== null) store.setState({ main: fit(image, view, FIT_MARGIN_PX) })
    },
    /** Bring a thing to the middle; the zoom stays unless the thing would be cut off or too small to judge. */
    show: (thing: Bounds) => {
      const view = main()
      if (view === null) return
      const share = Math.max(widthOf(thing) / view.width, heightOf(thing) / view.height) * view.scale
      const closest = share >= SMALLEST_SHARE && share <= LARGEST_SHARE ? view.scale : CLOSEST
      store.setState({ main: centreOn(view, thing, image, closest) })
    },
  }
}
