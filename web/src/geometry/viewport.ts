/** Where the picture stands on the canvas: screen = image x scale + offset. Every function returns a new viewport. */

import { type Bounds, centreOf, heightOf, widthOf } from './bounds'
import { type ImagePoint, type ScreenPoint, type Size, imagePoint, screenPoint } from './points'

export interface Viewport {
  /** Screen pixels per image pixel. */
  readonly scale: number
  /** Screen position of the picture's top-left corner. */
  readonly left: number
  readonly top: number
  /** Size of the canvas in CSS pixels. */
  readonly width: number
  readonly height: number
}

export const MAX_SCALE = 40
/** A picture can be made this much smaller than it is when fitted. */
const MIN_SCALE_OF_FIT = 0.5
/** Share of the canvas that stays free on each side of a thing that is centred, to see what is around it. */
const ROOM_AROUND = 0.35
/** At least so much of the picture (screen px) stays in sight. */
const KEPT_IN_SIGHT_PX = 80

export const toScreen = (view: Viewport, p: ImagePoint): ScreenPoint =>
  screenPoint(p[0] * view.scale + view.left, p[1] * view.scale + view.top)

export const toImage = (view: Viewport, p: ScreenPoint): ImagePoint =>
  imagePoint((p[0] - view.left) / view.scale, (p[1] - view.top) / view.scale)

/** The part of the image plane that the canvas shows; it may reach beyond the picture. */
export function visibleBounds(view: Viewport): Bounds {
  const [x0, y0] = toImage(view, screenPoint(0, 0))
  const [x1, y1] = toImage(view, screenPoint(view.width, view.height))
  return { x0, y0, x1, y1 }
}

/** The scale at which the whole picture is in sight with a margin (screen px) on every side. */
export function fitScale(image: Size, canvas: Size, marginPx = 0): number {
  const width = Math.max(canvas.width - 2 * marginPx, 1)
  const height = Math.max(canvas.height - 2 * marginPx, 1)
  return Math.min(width / image.width, height / image.height, MAX_SCALE)
}

/** The whole picture, centred. */
export function fit(image: Size, canvas: Size, marginPx = 0): Viewport {
  const scale = fitScale(image, canvas, marginPx)
  return {
    scale,
    left: (canvas.width - image.width * scale) / 2,
    top: (canvas.height - image.height * scale) / 2,
    width: canvas.width,
    height: canvas.height,
  }
}

export const clampScale = (scale: number, image: Size, canvas: Size): number =>
  Math.min(Math.max(scale, fitScale(image, canvas) * MIN_SCALE_OF_FIT), MAX_SCALE)

/** Keep the scale in its range and a piece of the picture in sight. */
export function clamp(view: Viewport, image: Size): Viewport {
  const scale = clampScale(view.scale, image, view)
  const kept = scale === view.scale ? view : scaledAbout(view, screenPoint(view.width / 2, view.height / 2), scale)
  return {
    ...kept,
    left: clampOffset(kept.left, image.width * scale, view.width),
    top: clampOffset(kept.top, image.height * scale, view.height),
  }
}

function clampOffset(offset: number, length: number, canvas: number): number {
  const kept = Math.min(KEPT_IN_SIGHT_PX, length, canvas)
  return Math.min(Math.max(offset, kept - length), canvas - kept)
}

function scaledAbout(view: Viewport, about: ScreenPoint, scale: number): Viewport {
  const factor = scale / view.scale
  return {
    ...view,
    scale,
    left: about[0] - (about[0] - view.left) * factor,
    top: about[1] - (about[1] - view.top) * factor,
  }
}

/** Zoom by a factor; what lies under `about` stays there unless the clamp moves it. */
export function zoomAbout(view: Viewport, about: ScreenPoint, factor: number, image: Size): Viewport {
  return clamp(scaledAbout(view, about, clampScale(view.scale * factor, image, view)), image)
}

/** Zoom about the centre to a scale, such as 1 for "pixel by pixel". */
export const zoomTo = (view: Viewport, scale: number, image: Size): Viewport =>
  zoomAbout(view, screenPoint(view.width / 2, view.height / 2), scale / view.scale, image)

export const pan = (view: Viewport, dx: number, dy: number, image: Size): Viewport =>
  clamp({ ...view, left: view.left + dx, top: view.top + dy }, image)

/** Give the canvas another size; what was in its centre stays there. */
export const resize = (view: Viewport, canvas: Size, image: Size): Viewport =>
  clamp(
    {
      ...view,
      left: view.left + (canvas.width - view.width) / 2,
      top: view.top + (canvas.height - view.height) / 2,
      width: canvas.width,
      height: canvas.height,
    },
    image,
  )

/** Put a thing in the centre, as large as it may be with a margin, but never beyond `maxScale`. */
export function centreOn(view: Viewport, thing: Bounds, image: Size, maxScale: number): Viewport {
  const margin = ROOM_AROUND * Math.min(view.width, view.height)
  const size = { width: Math.max(widthOf(thing), 1), height: Math.max(heightOf(thing), 1) }
  const scale = clampScale(Math.min(fitScale(size, view, margin), maxScale), image, view)
  const [x, y] = centreOf(thing)
  return clamp({ ...view, scale, left: view.width / 2 - x * scale, top: view.height / 2 - y * scale }, image)
}

/** Whether the canvas shows a thing whole. */
export function isInSight(view: Viewport, thing: Bounds): boolean {
  const seen = visibleBounds(view)
  return thing.x0 >= seen.x0 && thing.y0 >= seen.y0 && thing.x1 <= seen.x1 && thing.y1 <= seen.y1
}
