/** Layer 2: the selection, what is hovered, and what the tool is doing. */

import { type ImagePoint, type Shape, type Viewport, boundsOf, shapeBounds, toScreen } from '@/geometry'
import { type LabelDocument, type LabelObject, type Ontology, isUnchecked } from '@/document'
import type { Sketch } from '@/tools'
import { type Context, drawHandle, drawShape, drawTag, drawWithHalo } from './brush'
import { tracePath } from './paths'
import { BAD, GOOD, INK, lookOf, nameOf } from './style'

export interface Overlay {
  readonly document: LabelDocument
  readonly ontology: Ontology
  readonly selection: readonly string[]
  readonly hovered: string | null
  readonly hidden: ReadonlySet<string>
  readonly sketch: Sketch
  /** Of the class that new objects get. */
  readonly draftColour: string
}

/** Draw what lies in image coordinates; the context's transform is that of the image. */
export function drawOverlay(context: Context, overlay: Overlay, scale: number): void {
  for (const object of highlighted(overlay)) {
    const shape = overlay.sketch.changed?.get(object.id)
    drawHighlight(context, object, shape, overlay, scale)
  }
  const { sketch, draftColour } = overlay
  if (sketch.preview) {
    const look = { colour: draftColour, fillAlpha: 0.26, isDashed: false }
    drawWithHalo(context, sketch.preview, look, scale, true)
  }
  for (const line of sketch.lines ?? []) drawLine(context, line, draftColour, scale)
  for (const { at, kind } of sketch.handles ?? []) drawHandle(context, at, kind, scale)
}

/** Draw labels and marks; the context's transform is that of the screen. */
export function drawOverlayLabels(context: Context, overlay: Overlay, view: Viewport): void {
  for (const object of highlighted(overlay)) {
    // An unchecked pre-label that is only hovered has its label in the layer below.
    if (isUnchecked(object) && !overlay.selection.includes(object.id)) continue
    const bounds = shapeBounds(overlay.sketch.changed?.get(object.id) ?? object.shape)
    const isLone = overlay.selection.length <= 1 || object.id === overlay.hovered
    if (bounds === null || !isLone) continue
    const { colour } = lookOf(object, overlay.ontology)
    drawTag(
      context,
      nameOf(overlay.ontology, object.class_id),
      bounds,
      view,
      colour,
      overlay.selection.includes(object.id),
    )
  }
  for (const { at, kind, text } of overlay.sketch.marks ?? [])
    drawMark(context, at, kind, text, overlay.draftColour, view)
}

function highlighted(overlay: Overlay): readonly LabelObject[] {
  const ids = new Set([...overlay.selection, ...(overlay.hovered === null ? [] : [overlay.hovered])])
  return [...ids].flatMap((id) => {
    const object = overlay.document.byId.get(id)
    return object && !overlay.hidden.has(id) ? [object] : []
  })
}

function drawHighlight(
  context: Context,
  object: LabelObject,
  changed: Shape | undefined,
  overlay: Overlay,
  scale: number,
): void {
  const look = lookOf(object, overlay.ontology)
  const shape = changed ?? object.shape
  if (shape.type === 'points')
    return drawSelectedPoints(context, shape.points, look.colour, scale, changed !== undefined)
  if (shape.type === 'mask') return drawFrame(context, shape, scale)
  if (overlay.selection.includes(object.id)) drawWithHalo(context, shape, look, scale, changed !== undefined)
  else drawWithHalo(context, shape, look, scale, false)
}

function drawSelectedPoints(
  context: Context,
  points: readonly ImagePoint[],
  colour: string,
  scale: number,
  isLifted: boolean,
): void {
  for (const [x, y] of points) {
    context.beginPath()
    context.arc(x, y, 9 / scale, 0, 2 * Math.PI)
    context.lineWidth = 3 / scale
    context.strokeStyle = INK
    context.stroke()
    context.lineWidth = 1.5 / scale
    context.strokeStyle = '#fff'
    context.stroke()
  }
  if (isLifted) drawShape(context, { type: 'points', points }, { colour, fillAlpha: 0.2, isDashed: false }, scale)
}

/** Masks have no outline here: their bounds are framed. */
function drawFrame(context: Context, shape: Shape, scale: number): void {
  const bounds = shapeBounds(shape)
  if (bounds === null) return
  context.lineWidth = 1.25 / scale
  context.strokeStyle = 'rgb(255 255 255 / 75%)'
  context.setLineDash([2 / scale, 4 / scale])
  context.strokeRect(bounds.x0, bounds.y0, bounds.x1 - bounds.x0, bounds.y1 - bounds.y0)
  context.setLineDash([])
}

type Line = NonNullable<Sketch['lines']>[number]

function drawLine(context: Context, { points, isClosed, look }: Line, colour: string, scale: number): void {
  const path = tracePath(points, isClosed)
  if (look === 'band') {
    context.fillStyle = 'rgb(76 154 255 / 12%)'
    context.fill(path)
    context.strokeStyle = '#4c9aff'
    context.lineWidth = 1 / scale
    context.stroke(path)
    return
  }
  const stroke = look === 'warning' ? BAD : colour
  if (boundsOf(points) !== null && points.length > 2) {
    context.globalAlpha = 0.14
    context.fillStyle = stroke
    context.fill(path, 'evenodd')
    context.globalAlpha = 1
  }
  context.lineJoin = 'round'
  context.strokeStyle = INK
  context.globalAlpha = 0.6
  context.lineWidth = 4.5 / scale
  context.stroke(path)
  context.globalAlpha = 1
  context.strokeStyle = stroke
  context.lineWidth = 2 / scale
  context.stroke(path)
}

function drawMark(
  context: Context,
  at: ImagePoint,
  kind: 'numbered' | 'add' | 'take',
  text: string,
  colour: string,
  view: Viewport,
): void {
  const [x, y] = toScreen(view, at)
  const radius = kind === 'numbered' ? 8 : 7
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fillStyle = kind === 'numbered' ? colour : kind === 'add' ? GOOD : BAD
  context.fill()
  context.lineWidth = 2
  context.strokeStyle = INK
  context.stroke()
  if (kind === 'numbered') {
    context.font = "700 10.5px 'Inter Variable', Inter, sans-serif"
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.fillStyle = '#1d1305'
    context.fillText(text, x, y + 0.5)
    context.textAlign = 'start'
    return
  }
  context.beginPath()
  context.moveTo(x - 3.5, y)
  context.lineTo(x + 3.5, y)
  if (kind === 'add') {
    context.moveTo(x, y - 3.5)
    context.lineTo(x, y + 3.5)
  }
  context.strokeStyle = '#06121f'
  context.stroke()
}
