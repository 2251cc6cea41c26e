/** Checking pre-labels one after the other. */

import { accept, currentDocument, uncheckedOf } from '@/document'
import { nameOf } from '@/render'
import type { Bench } from './bench'

/** Go to the unchecked pre-label after (or before) the selected one, in the order of the list; whether there is one. */
export function goToUnchecked(bench: Bench, step: 1 | -1): boolean {
  const state = bench.task.labels.getState()
  const unchecked = uncheckedOf(currentDocument(state))
  if (unchecked.length === 0) return false
  const here = unchecked.findIndex(({ id }) => id === state.selection[0])
  const first = step > 0 ? 0 : unchecked.length - 1
  const at = here < 0 ? first : (here + step + unchecked.length) % unchecked.length
  const object = unchecked[at]
  if (!object) return false
  bench.goTo(object.id)
  const score = typeof object.score === 'number' ? `, confidence ${object.score.toFixed(2)}` : ''
  const name = nameOf(bench.task.ontology, object.class_id)
  bench.say(`${name} pre-label ${String(at + 1)} of ${String(unchecked.length)}${score}`)
  return true
}

/** Accept the selected pre-labels and go on to the next; whether there were any. */
export function acceptSelected(bench: Bench): boolean {
  const state = bench.task.labels.getState()
  const unchecked = uncheckedOf(currentDocument(state))
  const ids = unchecked.flatMap(({ id }) => (state.selection.includes(id) ? [id] : []))
  if (ids.length === 0) return false
  const following = unchecked[unchecked.findIndex(({ id }) => id === ids.at(-1)) + 1]
  bench.perform(accept(ids))
  if (following) bench.goTo(following.id)
  return true
}

/** Ids of viewed pre-labels that nobody has checked yet. */
export function viewedUnchecked(bench: Bench): readonly string[] {
  const { viewed } = bench.state.getState()
  return uncheckedOf(currentDocument(bench.task.labels.getState())).flatMap(({ id }) => (viewed.has(id) ? [id] : []))
}

/** Accept in one go what was looked at, and nothing else. */
export const acceptViewed = (bench: Bench): void => bench.perform(accept(viewedUnchecked(bench)))
