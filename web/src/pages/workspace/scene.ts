/** What the tools see of a task: documents, view, and who is under a place. */

import {
  type Bounds,
  type Size,
  type Viewport,
  boundsBetween,
  grow,
  isOnShape,
  shapeArea,
  shapeBounds,
} from '@/geometry'
import { type ClassSpec, type LabelObject, type LabelState, uuid7 } from '@/document'
import { gridOf } from '@/render'
import type { Scene } from '@/tools'

interface Seen {
  readonly labels: LabelState
  readonly activeClass: ClassSpec | null
  readonly allHidden: boolean
  readonly image: Size
  readonly view: Viewport
  readonly isReadOnly: boolean
}

export function sceneOf({ labels, allHidden, ...seen }: Seen): Scene {
  const { history, selection, hidden } = labels
  const { document } = history
  const at = (indices: readonly number[]): readonly LabelObject[] =>
    indices.flatMap((index) => {
      const object = document.objects[index]
      return object && !allHidden && !hidden.has(object.id) ? [object] : []
    })
  return {
    ...seen,
    document,
    selection,
    hits: (p, reach) =>
      at(gridOf(document).within(grow(boundsBetween(p, p), reach)))
        .filter(({ shape }) => isOnShape(p, shape, reach))
        .sort((a, b) => shapeArea(a.shape) - shapeArea(b.shape))
        .map(({ id }) => id),
    inside: (a, b) => {
      const band = boundsBetween(a, b)
      return at(gridOf(document).within(band))
        .filter(({ shape }) => isWithin(shapeBounds(shape), band))
        .map(({ id }) => id)
    },
    newId: () => uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  }
}

function isWithin(bounds: Bounds | null, band: Bounds): boolean {
  return bounds !== null && bounds.x0 >= band.x0 && bounds.x1 <= band.x1 && bounds.y0 >= band.y0 && bounds.y1 <= band.y1
}
