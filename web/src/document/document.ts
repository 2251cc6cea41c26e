/** The label document: all objects in drawing order. It never changes; an edit makes a new one. */

import { type LabelObject, isUnchecked } from './objects'

export interface LabelDocument {
  readonly objects: readonly LabelObject[]
  readonly byId: ReadonlyMap<string, LabelObject>
}

export function documentOf(objects: readonly LabelObject[]): LabelDocument {
  return { objects, byId: new Map(objects.map((object) => [object.id, object])) }
}

export const EMPTY_DOCUMENT: LabelDocument = documentOf([])

/** One object before and after: absent before it was added, absent after it was removed. */
export interface Edit {
  readonly id: string
  /** Where it stands in the document that has it (in both: the same place). */
  readonly index: number
  readonly before: LabelObject | null
  readonly after: LabelObject | null
}

/** Carry out edits in order. An edit whose `before` is not there any more is passed over. */
export function applyEdits(document: LabelDocument, edits: readonly Edit[]): LabelDocument {
  if (edits.length === 0) return document
  const changed = new Map<string, LabelObject>()
  let objects: LabelObject[] | null = null
  for (const { id, index, before, after } of edits) {
    if (before !== null && after !== null) changed.set(id, after)
    else if (after !== null) (objects ??= [...document.objects]).splice(index, 0, after)
    else {
      objects ??= [...document.objects]
      const at = objects[index]?.id === id ? index : objects.findIndex((object) => object.id === id)
      if (at >= 0) objects.splice(at, 1)
    }
  }
  const placed = objects ?? document.objects
  return documentOf(changed.size ? placed.map((object) => changed.get(object.id) ?? object) : placed)
}

/** The edits that take these back. */
export const invertEdits = (edits: readonly Edit[]): readonly Edit[] =>
  edits.map(({ id, index, before, after }) => ({ id, index, before: after, after: before })).reverse()

/** What the person answers: everything but what nobody has checked. */
export const answerOf = (document: LabelDocument): readonly LabelObject[] =>
  document.objects.filter((object) => !isUnchecked(object))

/** Unchecked pre-labels, the surest first: what Tab walks through. */
export const uncheckedOf = (document: LabelDocument): readonly LabelObject[] =>
  document.objects.filter(isUnchecked).sort((a, b) => (b.score ?? 0) - (a.score ?? 0))

/** How many objects of the answer each class has. */
export function countByClass(document: LabelDocument): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const object of answerOf(document)) counts.set(object.class_id, (counts.get(object.class_id) ?? 0) + 1)
  return counts
}

/** The objects as a list shows them: unchecked pre-labels first, the surest on top; then the newest first. */
export const listedOf = (document: LabelDocument): readonly LabelObject[] => [
  ...uncheckedOf(document),
  ...answerOf(document).toReversed(),
]
