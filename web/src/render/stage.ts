/**
 * The canvas: three layers, drawn at a `base` viewport with a margin on every side, and moved by a CSS transform while
 * the view changes. They are drawn again shortly after it came to rest, or when the margin or the sharpness runs out.
 */

import {
  type Bounds,
  type ScreenPoint,
  type Size,
  type Viewport,
  centreOn,
  fit,
  fitScale,
  pan,
  resize,
  visibleBounds,
  zoomAbout,
  zoomTo,
} from '@/geometry'
import { type Context } from './brush'
import { type Shown, changedBetween, drawObjects, drawScores } from './objectLayer'
import { type Overlay, drawOverlay, drawOverlayLabels } from './overlayLayer'
import type { Pyramid } from './pyramid'
import { STROKE_PX } from './style'

/** Margin around the canvas that is drawn too, as a share of its size. */
const OVERSCAN = 0.25
const REDRAW_AFTER_MS = 120
/** Beyond this change of scale the transformed picture is too coarse to wait. */
const MAX_DRIFT = 1.5
/** From this scale on pixels are shown as squares. */
const PIXELATED_FROM = 2
const FIT_MARGIN_PX = 24
/** Outlines while the view moves: hairlines are drawn four times as fast without a GPU. */
const MOVING_STROKE_PX = 1

interface StageOptions {
  readonly host: HTMLElement
  readonly image: Size
  readonly onView: (view: Viewport) => void
}

type LayerName = 'picture' | 'objects' | 'overlay'

export class Stage {
  private readonly plane = document.createElement('div')
  private readonly layers: Readonly<Record<LayerName, Context>>
  private readonly observer: ResizeObserver
  private readonly stale = new Set<LayerName>()
  private staleObjects: Bounds | 'all' | null = null
  private frame = 0
  private rest: ReturnType<typeof setTimeout> | undefined
  private base: Viewport
  private current: Viewport
  private isFitted = true
  private strokePx = STROKE_PX
  private pyramid: Pyramid | null = null
  private thumbnail: CanvasImageSource | null = null
  private shown: Shown | null = null
  private overlay: Overlay | null = null

  constructor(private readonly options: StageOptions) {
    const { host, image } = options
    this.plane.className = 'pl-stage-plane'
    this.layers = { picture: this.addLayer(), objects: this.addLayer(), overlay: this.addLayer() }
    host.append(this.plane)
    this.base = this.current = fit(image, sizeOf(host), FIT_MARGIN_PX)
    this.resizeLayers()
    this.observer = new ResizeObserver(() => this.onResize())
    this.observer.observe(host)
  }

  destroy(): void {
    this.observer.disconnect()
    clearTimeout(this.rest)
    cancelAnimationFrame(this.frame)
    this.pyramid?.close()
    this.plane.remove()
  }

  get view(): Viewport {
    return this.current
  }

  /** Whether the full picture is shown, not only its thumbnail. */
  get hasPicture(): boolean {
    return this.pyramid !== null
  }

  /** Something small to look at until the picture is there. */
  showThumbnail(thumbnail: CanvasImageSource): void {
    this.thumbnail = thumbnail
    this.invalidate('picture')
  }

  showPicture(pyramid: Pyramid): void {
    this.pyramid?.close()
    this.pyramid = pyramid
    this.thumbnail = null
    this.invalidate('picture')
  }

  showObjects(shown: Shown): void {
    const changed = this.shown === null ? 'all' : changedBetween(this.shown, shown, this.base.scale)
    this.shown = shown
    if (changed === null) return
    this.staleObjects = this.staleObjects === null ? changed : joined(this.staleObjects, changed)
    this.invalidate('objects')
  }

  showOverlay(overlay: Overlay): void {
    this.overlay = overlay
    this.invalidate('overlay')
  }

  panBy(dx: number, dy: number): void {
    this.setView(pan(this.current, dx, dy, this.options.image))
  }

  zoomBy(factor: number, about: ScreenPoint): void {
    this.setView(zoomAbout(this.current, about, factor, this.options.image))
  }

  zoomTo(scale: number): void {
    this.setView(zoomTo(this.current, scale, this.options.image))
  }

  fit(): void {
    this.setView(fit(this.options.image, this.current, FIT_MARGIN_PX))
    this.isFitted = true
  }

  /** Bring a thing to the centre; it is made larger only as far as one can still see what is around it. */
  centreOn(thing: Bounds): void {
    const limit = Math.max(4, fitScale(this.options.image, this.current))
    this.setView(centreOn(this.current, thing, this.options.image, limit))
  }

  private setView(view: Viewport): void {
    if (view === this.current) return
    this.current = view
    this.isFitted = false
    this.options.onView(view)
    this.plane.style.transform = transformBetween(this.base, view)
    clearTimeout(this.rest)
    this.rest = setTimeout(() => this.rebase(), REDRAW_AFTER_MS)
    if (this.isTooFar()) this.rebase(MOVING_STROKE_PX)
  }

  private isTooFar(): boolean {
    const drift = this.current.scale / this.base.scale
    if (drift > MAX_DRIFT || drift < 1 / MAX_DRIFT) return true
    const drawn = visibleBounds(overscanned(this.base))
    const seen = visibleBounds(this.current)
    const { image } = this.options
    // Where there is no picture, nothing is missing.
    return (
      Math.max(seen.x0, 0) < drawn.x0 ||
      Math.max(seen.y0, 0) < drawn.y0 ||
      Math.min(seen.x1, image.width) > drawn.x1 ||
      Math.min(seen.y1, image.height) > drawn.y1
    )
  }

  /** Draw all layers anew at the current view; with thin outlines while it still moves. */
  private rebase(strokePx = STROKE_PX): void {
    if (this.base !== this.current) this.stale.add('picture').add('overlay')
    if (this.base !== this.current || this.strokePx !== strokePx) {
      this.staleObjects = 'all'
      this.stale.add('objects')
    }
    this.base = this.current
    this.strokePx = strokePx
    this.schedule()
  }

  private invalidate(layer: LayerName): void {
    this.stale.add(layer)
    this.schedule()
  }

  private schedule(): void {
    if (this.frame === 0 && this.stale.size > 0) this.frame = requestAnimationFrame(() => this.draw())
  }

  private draw(): void {
    cancelAnimationFrame(this.frame)
    this.frame = 0
    if (this.stale.has('picture')) this.drawPicture()
    if (this.stale.has('objects')) this.drawObjects()
    if (this.stale.has('overlay')) this.drawOverlay()
    this.stale.clear()
    this.plane.style.transform = transformBetween(this.base, this.current)
  }

  private drawPicture(): void {
    const context = this.layers.picture
    this.clear(context)
    this.useImageFrame(context)
    const ratio = window.devicePixelRatio
    const source = this.pyramid?.levelFor(this.base.scale * ratio) ?? this.thumbnail
    context.canvas.style.filter = this.pyramid === null ? 'blur(8px)' : ''
    if (source === null) return
    context.imageSmoothingEnabled = this.base.scale < PIXELATED_FROM
    // The pyramid has smoothed it; better filters cost four times as long without a GPU.
    context.imageSmoothingQuality = 'low'
    context.drawImage(source, 0, 0, this.options.image.width, this.options.image.height)
  }

  private drawObjects(): void {
    const context = this.layers.objects
    const stale = this.staleObjects
    this.staleObjects = null
    if (this.shown === null || stale === null) return
    const all = visibleBounds(overscanned(this.base))
    const area = stale === 'all' ? all : stale
    context.save()
    if (stale === 'all') this.clear(context)
    else this.clearWindow(context, stale)
    this.useImageFrame(context)
    const drawn = drawObjects(context, this.shown, area, this.base, this.strokePx)
    this.useScreenFrame(context)
    drawScores(context, drawn, this.shown.ontology, this.base)
    context.restore()
  }

  private drawOverlay(): void {
    const context = this.layers.overlay
    this.clear(context)
    if (this.overlay === null) return
    this.useImageFrame(context)
    drawOverlay(context, this.overlay, this.base.scale)
    this.useScreenFrame(context)
    drawOverlayLabels(context, this.overlay, this.base)
  }

  /** Clear a window (image px) and draw nothing outside it; whole device pixels, so that no seam is left. */
  private clearWindow(context: Context, { x0, y0, x1, y1 }: Bounds): void {
    const ratio = window.devicePixelRatio
    const { scale, left, top } = overscanned(this.base)
    const [column, row] = [Math.floor((x0 * scale + left) * ratio), Math.floor((y0 * scale + top) * ratio)]
    const [columns, rows] = [
      Math.ceil((x1 * scale + left) * ratio) - column,
      Math.ceil((y1 * scale + top) * ratio) - row,
    ]
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.beginPath()
    context.rect(column, row, columns, rows)
    context.clip()
    context.clearRect(column, row, columns, rows)
  }

  private clear(context: Context): void {
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, context.canvas.width, context.canvas.height)
  }

  private useImageFrame(context: Context): void {
    const ratio = window.devicePixelRatio
    const { scale, left, top } = overscanned(this.base)
    context.setTransform(scale * ratio, 0, 0, scale * ratio, left * ratio, top * ratio)
  }

  /** CSS pixels of the canvas without its margin. */
  private useScreenFrame(context: Context): void {
    const ratio = window.devicePixelRatio
    const margin = marginOf(this.base)
    context.setTransform(ratio, 0, 0, ratio, margin.width * ratio, margin.height * ratio)
  }

  private addLayer(): Context {
    const canvas = document.createElement('canvas')
    this.plane.append(canvas)
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('this browser gives no 2D canvas')
    return context
  }

  private onResize(): void {
    const size = sizeOf(this.options.host)
    if (size.width === this.current.width && size.height === this.current.height) return
    const wasFitted = this.isFitted
    const { image } = this.options
    this.current = wasFitted ? fit(image, size, FIT_MARGIN_PX) : resize(this.current, size, image)
    this.resizeLayers()
    this.options.onView(this.current)
    this.rebase()
  }

  private resizeLayers(): void {
    const { width, height } = overscanned(this.current)
    const margin = marginOf(this.current)
    const ratio = window.devicePixelRatio
    for (const { canvas } of Object.values(this.layers)) {
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
      Object.assign(canvas.style, {
        width: `${String(width)}px`,
        height: `${String(height)}px`,
        left: `${String(-margin.width)}px`,
        top: `${String(-margin.height)}px`,
      })
    }
  }
}

const sizeOf = (host: HTMLElement): Size => ({
  width: Math.max(host.clientWidth, 1),
  height: Math.max(host.clientHeight, 1),
})

const marginOf = (view: Viewport): Size => ({
  width: Math.round(view.width * OVERSCAN),
  height: Math.round(view.height * OVERSCAN),
})

function overscanned(view: Viewport): Viewport {
  const { width, height } = marginOf(view)
  return {
    scale: view.scale,
    left: view.left + width,
    top: view.top + height,
    width: view.width + 2 * width,
    height: view.height + 2 * height,
  }
}

function transformBetween(base: Viewport, view: Viewport): string {
  if (base === view) return 'none'
  const factor = view.scale / base.scale
  const [x, y] = [view.left - factor * base.left, view.top - factor * base.top]
  return `translate(${String(x)}px, ${String(y)}px) scale(${String(factor)})`
}

function joined(a: Bounds | 'all', b: Bounds | 'all'): Bounds | 'all' {
  if (a === 'all' || b === 'all') return 'all'
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) }
}
