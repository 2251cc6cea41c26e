/** Draws single things on a 2D context whose transform maps image pixels to device pixels. */

import { type Bounds, type ImagePoint, type Shape, type Viewport, heightOf, shapeBounds, widthOf } from '@/geometry'
import { maskRaster } from './maskRaster'
import { isArea, pathOf } from './paths'
import { DASH_PX, HALO_PX, HANDLE_RADIUS_PX, INK, type Look, SELECTED_STROKE_PX, STROKE_PX, withAlpha } from './style'

/** Below this length on the screen (px) a shape is drawn as a plain mark: nobody could tell the difference. */
const TINY_PX = 4
/** Below this length dashes would be no dashes. */
const DASHABLE_PX = 16

export type Context = CanvasRenderingContext2D

export function drawShape(context: Context, shape: Shape, look: Look, scale: number, strokePx = STROKE_PX): void {
  const bounds = shapeBounds(shape)
  if (bounds === null) return
  const length = Math.max(widthOf(bounds), heightOf(bounds)) * scale
  context.strokeStyle = context.fillStyle = look.colour
  context.lineWidth = strokePx / scale
  if (shape.type === 'points') return drawPoints(context, shape.points, look.colour, scale, look.isDashed)
  if (shape.type === 'mask') return drawMask(context, shape, look.colour, bounds, scale)
  if (length < TINY_PX) return drawTiny(context, bounds, scale)
  const path = pathOf(shape)
  if (isArea(shape)) {
    // A colour with alpha: `globalAlpha` makes the software rasteriser take twice as long.
    context.fillStyle = withAlpha(look.colour, look.fillAlpha)
    context.fill(path, 'evenodd')
  }
  const isDashed = look.isDashed && length >= DASHABLE_PX
  if (isDashed) context.setLineDash(DASH_PX.map((px) => px / scale))
  context.stroke(path)
  if (isDashed) context.setLineDash([])
}

function drawTiny(context: Context, bounds: Bounds, scale: number): void {
  const side = 2 / scale
  context.fillRect(bounds.x0, bounds.y0, Math.max(widthOf(bounds), side), Math.max(heightOf(bounds), side))
}

function drawMask(context: Context, shape: Shape & { type: 'mask' }, colour: string, at: Bounds, scale: number): void {
  const raster = maskRaster(shape, colour)
  if (raster === null) return
  context.imageSmoothingEnabled = scale < 2
  context.drawImage(raster.canvas, at.x0, at.y0)
}

function drawPoints(
  context: Context,
  points: readonly ImagePoint[],
  colour: string,
  scale: number,
  isDashed: boolean,
): void {
  for (const [x, y] of points) {
    context.beginPath()
    context.arc(x, y, 6 / scale, 0, 2 * Math.PI)
    context.globalAlpha = 0.35
    context.fillStyle = colour
    context.fill()
    context.globalAlpha = 1
    context.lineWidth = 2 / scale
    context.strokeStyle = colour
    if (isDashed) context.setLineDash([3 / scale, 2.2 / scale])
    context.stroke()
    context.setLineDash([])
    context.beginPath()
    context.arc(x, y, 1.6 / scale, 0, 2 * Math.PI)
    context.fillStyle = '#fff'
    context.fill()
  }
}

/** A selected or hovered shape: the same thing with a dark halo, so that it stands out on any picture. */
export function drawWithHalo(context: Context, shape: Shape, look: Look, scale: number, isFilled: boolean): void {
  const path = pathOf(shape)
  context.lineJoin = 'round'
  context.strokeStyle = INK
  context.globalAlpha = 0.6
  context.lineWidth = HALO_PX / scale
  context.stroke(path)
  context.globalAlpha = 1
  if (isFilled) return drawLifted(context, shape, look, scale)
  context.strokeStyle = look.colour
  context.lineWidth = SELECTED_STROKE_PX / scale
  if (look.isDashed) context.setLineDash(DASH_PX.map((px) => px / scale))
  context.stroke(path)
  context.setLineDash([])
}

function drawLifted(context: Context, shape: Shape, look: Look, scale: number): void {
  drawShape(context, shape, { ...look, fillAlpha: Math.min(look.fillAlpha + 0.04, 0.26), isDashed: false }, scale)
  context.strokeStyle = look.colour
  context.lineWidth = SELECTED_STROKE_PX / scale
  context.stroke(pathOf(shape))
}

/** A square (`corner`) or round handle of constant size on the screen. */
export function drawHandle(
  context: Context,
  at: ImagePoint,
  kind: 'corner' | 'vertex' | 'midpoint' | 'held',
  scale: number,
): void {
  const radius =
    (kind === 'midpoint' ? HANDLE_RADIUS_PX - 1 : kind === 'held' ? HANDLE_RADIUS_PX + 1.5 : HANDLE_RADIUS_PX) / scale
  context.beginPath()
  if (kind === 'corner') context.rect(at[0] - radius, at[1] - radius, 2 * radius, 2 * radius)
  else context.arc(at[0], at[1], radius, 0, 2 * Math.PI)
  context.fillStyle = kind === 'held' ? '#f5b83d' : kind === 'midpoint' ? 'rgb(255 255 255 / 45%)' : '#fff'
  context.fill()
  context.lineWidth = 1.25 / scale
  context.strokeStyle = INK
  context.stroke()
}

/** A label above a rectangle, in CSS pixels; the context's transform is that of the screen. */
export function drawTag(
  context: Context,
  text: string,
  place: Bounds,
  view: Viewport,
  colour: string,
  isSolid: boolean,
): void {
  const left = place.x0 * view.scale + view.left
  const top = place.y0 * view.scale + view.top - 20
  context.font = "600 11px 'Inter Variable', Inter, sans-serif"
  const width = context.measureText(text).width + 12
  context.beginPath()
  context.roundRect(left - 1, top, width, 17, 4)
  context.globalAlpha = isSolid ? 0.92 : 0.78
  context.fillStyle = isSolid ? colour : INK
  context.fill()
  context.globalAlpha = 1
  if (!isSolid) {
    context.lineWidth = 1
    context.strokeStyle = colour
    context.stroke()
  }
  context.fillStyle = isSolid ? '#06121f' : colour
  context.textBaseline = 'middle'
  context.fillText(text, left + 5, top + 9)
}
