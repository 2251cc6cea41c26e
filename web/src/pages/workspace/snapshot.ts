/**
 * `window.__plumbline`: a read-only picture of the workspace for browser tests. Each read gives a fresh, frozen copy, so
 * nothing can be changed through it:
 * `{lease_id, objects, selection, viewport, tool, save_state, sequence, saved_sequence, steps, viewed}`.
 */

import { currentDocument, writeObject } from '@/document'
import type { Bench } from './bench'

const NAME = '__plumbline'

/** Show a bench under the name; returns the function that takes it away. */
export function exposeForTests(bench: Bench): () => void {
  const get = (): unknown => frozen(structuredClone(snapshotOf(bench)))
  Object.defineProperty(window, NAME, { configurable: true, get })
  return () => {
    if (Object.getOwnPropertyDescriptor(window, NAME)?.get === get) Reflect.deleteProperty(window, NAME)
  }
}

function snapshotOf(bench: Bench): Record<string, unknown> {
  const labels = bench.task.labels.getState()
  return {
    lease_id: bench.task.lease.lease_id,
    task_id: bench.task.lease.task_id,
    objects: currentDocument(labels).objects.map(writeObject),
    selection: labels.selection,
    viewport: bench.stage?.view ?? null,
    tool: bench.state.getState().toolId,
    save_state: labels.saveState,
    sequence: labels.sequence,
    saved_sequence: labels.savedSequence,
    steps: labels.history.done.length,
    viewed: [...bench.state.getState().viewed],
    is_picture_shown: bench.stage?.hasPicture ?? false,
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen)
    Object.freeze(value)
  }
  return value
}
