/** Which pre-labels somebody can really have looked at. */

import { type Viewport, heightOf, shapeBounds, visibleBounds, widthOf } from '@/geometry'
import { type LabelDocument, isUnchecked } from '@/document'
import { gridOf } from '@/render'

/** Smaller than this (screen px) nobody can judge a thing. */
const JUDGEABLE_PX = 22

/** Ids of unchecked pre-labels that a view shows large enough to be judged. */
export function judgeable(document: LabelDocument, view: Viewport): readonly string[] {
  return gridOf(document)
    .within(visibleBounds(view))
    .flatMap((index) => {
      const object = document.objects[index]
      const bounds = object && isUnchecked(object) ? shapeBounds(object.shape) : null
      if (!object || !bounds) return []
      return Math.max(widthOf(bounds), heightOf(bounds)) * view.scale >= JUDGEABLE_PX ? [object.id] : []
    })
}
