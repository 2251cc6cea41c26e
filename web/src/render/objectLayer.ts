/** Layer 1: all objects at rest. Only what the canvas shows is drawn, and only where something changed. */

import { type Bounds, type BoundsGrid, type Viewport, grow, indexBounds, shapeBounds, union, widthOf } from '@/geometry'
import { type LabelDocument, type LabelObject, type Ontology, isUnchecked } from '@/document'
import { type Context, drawShape, drawTag } from './brush'
import { lookOf, nameOf, shortScore } from './style'

export interface Shown {
  readonly document: LabelDocument
  readonly ontology: Ontology
  readonly hidden: ReadonlySet<string>
  /** Drawn in another layer meanwhile. */
  readonly lifted: ReadonlySet<string>
}

/** Room around a shape (screen px) that its stroke and label may fill. */
const STROKE_ROOM = 8
const TAG_ROOM = 130
/** A shape must be so wide on the screen for its label to help more than it hides. */
const TAGGED_PX = 24
/** A narrower one is labelled with its score alone. */
const NAMED_PX = 46

const grids = new WeakMap<LabelDocument, BoundsGrid>()

/** The index of a document, made once. */
export function gridOf(document: LabelDocument): BoundsGrid {
  let grid = grids.get(document)
  if (grid === undefined) {
    grid = indexBounds(document.objects.map(({ shape }) => shapeBounds(shape)))
    grids.set(document, grid)
  }
  return grid
}

/** Draw the objects that meet a window (image px) onto a context whose transform is that of the image. */
export function drawObjects(
  context: Context,
  shown: Shown,
  window: Bounds,
  view: Viewport,
  strokePx: number,
): readonly LabelObject[] {
  const margin = TAG_ROOM / view.scale
  const drawn: LabelObject[] = []
  for (const index of gridOf(shown.document).within(grow(window, margin))) {
    const object = shown.document.objects[index]
    if (object === undefined || shown.hidden.has(object.id) || shown.lifted.has(object.id)) continue
    drawShape(context, object.shape, lookOf(object, shown.ontology), view.scale, strokePx)
    drawn.push(object)
  }
  return drawn
}

/** Label the unchecked pre-labels among them; the context's transform is that of the screen. */
export function drawScores(
  context: Context,
  objects: readonly LabelObject[],
  ontology: Ontology,
  view: Viewport,
): void {
  for (const object of objects) {
    const bounds = isUnchecked(object) ? shapeBounds(object.shape) : null
    if (bounds === null || widthOf(bounds) * view.scale < TAGGED_PX) continue
    const name = nameOf(ontology, object.class_id)
    const score = typeof object.score === 'number' ? shortScore(object.score) : ''
    const isNarrow = widthOf(bounds) * view.scale < NAMED_PX && score !== ''
    drawTag(context, isNarrow ? score : `${name} ${score}`.trim(), bounds, view, lookOf(object, ontology).colour, false)
  }
}

/** What must be drawn again when one state of the layer follows another; null for nothing, 'all' for everything. */
export function changedBetween(before: Shown, after: Shown, scale: number): Bounds | 'all' | null {
  if (before.ontology !== after.ontology) return 'all'
  let changed: Bounds | null = null
  const touch = (object: LabelObject | undefined): void => {
    if (object !== undefined) changed = union(changed, shapeBounds(object.shape))
  }
  if (before.document !== after.document) {
    for (const object of after.document.objects) {
      const old = before.document.byId.get(object.id)
      if (old === object) continue
      touch(old)
      touch(object)
    }
    for (const object of before.document.objects) if (!after.document.byId.has(object.id)) touch(object)
  }
  for (const [one, other] of [
    [before.hidden, after.hidden],
    [after.hidden, before.hidden],
    [before.lifted, after.lifted],
    [after.lifted, before.lifted],
  ] as const)
    for (const id of one)
      if (!other.has(id)) {
        touch(before.document.byId.get(id))
        touch(after.document.byId.get(id))
      }
  return changed && withRoom(changed, scale)
}

function withRoom(bounds: Bounds, scale: number): Bounds {
  const roomy = grow(bounds, STROKE_ROOM / scale)
  return { ...roomy, y0: roomy.y0 - 20 / scale, x1: roomy.x1 + TAG_ROOM / scale }
}
