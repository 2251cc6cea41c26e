// What a model said of pictures, above a score: what is drawn and counted. Pure.
import { classLook } from '@/ui/shapes/classes'
import type { ClassSpec, WireObject } from '@/ui/shapes/schema'

/** Objects without a score are no guess, and stay. */
export const above = (objects: readonly WireObject[], score: number): WireObject[] =>
  objects.filter((object) => typeof object.score !== 'number' || object.score >= score)

export interface Tally {
  readonly classId: number
  readonly name: string
  readonly colour: string
  readonly count: number
}

/** How many of each class, most first. */
export function tally(objects: readonly WireObject[], ontology: readonly ClassSpec[]): Tally[] {
  const counts = new Map<number, number>()
  for (const { class_id: id } of objects) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts]
    .map(([classId, count]) => ({ classId, count, ...classLook(ontology, classId) }))
    .sort((a, b) => b.count - a.count || a.classId - b.classId)
}
