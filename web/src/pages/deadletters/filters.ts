// What the page shows: in the address, so that a link leads back to it. Pure.
import type { Queue } from './data'

export const STATES = ['dead', 'redriven', 'discarded'] as const
export type LetterState = (typeof STATES)[number]

export const QUEUES: readonly Queue[] = ['images', 'prelabel', 'decide', 'release', 'import', 'webhook', 'model', 'run']

export interface Filters {
  readonly state: LetterState
  readonly queue?: Queue
  readonly reason?: string
}

/** Read the filters of an address; what is none of ours is left out, never an error. */
export function parseFilters(search: Readonly<Record<string, unknown>>): Filters {
  const queue = QUEUES.find((name) => name === search.queue)
  const reason = typeof search.reason === 'string' && /^[a-z0-9_]{1,64}$/.test(search.reason) ? search.reason : undefined
  return {
    state: STATES.find((name) => name === search.state) ?? 'dead',
    ...(queue ? { queue } : {}),
    ...(reason ? { reason } : {}),
  }
}

/** The filters as they stand in the address: letters that wait need no word. */
export function searchOf({ state, queue, reason }: Filters): Record<string, string> {
  return { ...(state === 'dead' ? {} : { state }), ...(queue ? { queue } : {}), ...(reason ? { reason } : {}) }
}
