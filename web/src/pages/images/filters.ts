// The filters of the image grid: in the address, as chips, and as a question to the API. Pure.

import { classLook } from '@/ui/shapes/classes'
import type { ClassSpec } from '@/ui/shapes/schema'

export const TASK_STATES = ['waiting', 'open', 'deciding', 'in_review', 'accepted', 'rejected', 'cancelled'] as const
export type TaskStateName = (typeof TASK_STATES)[number]

export const STATE_WORDS: Readonly<Record<TaskStateName, string>> = {
  waiting: 'Waiting',
  open: 'Open',
  deciding: 'Deciding',
  in_review: 'In review',
  accepted: 'Accepted',
  rejected: 'Rejected',
  cancelled: 'Cancelled',
}

export const HAS_WORDS = { prelabels: 'Pre-labels', final: 'Final labels' } as const
export type Has = keyof typeof HAS_WORDS

export interface Filters {
  readonly state?: TaskStateName
  readonly class_id?: number
  readonly key?: string
  readonly has?: Has
}

export type FilterName = keyof Filters

// Read the filters of an address; what is none of ours is left out, never an error.
export function parseFilters(search: Readonly<Record<string, unknown>>): Filters {
  const state = TASK_STATES.find((s) => s === search.state)
  const classId = Number(search.class_id)
  const key = typeof search.key === 'string' || typeof search.key === 'number' ? String(search.key).trim() : ''
  const has = search.has === 'prelabels' || search.has === 'final' ? search.has : undefined
  return {
    ...(state ? { state } : {}),
    ...(Number.isInteger(classId) && classId > 0 ? { class_id: classId } : {}),
    ...(key ? { key } : {}),
    ...(has ? { has } : {}),
  }
}

// The filters with one of them set, or taken away by null.
export function withFilter<N extends FilterName>(filters: Filters, name: N, value: Filters[N] | null): Filters {
  return parseFilters({ ...filters, [name]: value ?? undefined })
}

export interface Chip {
  readonly name: FilterName
  readonly label: string
}

export function chipsOf(filters: Filters, classes: readonly ClassSpec[]): Chip[] {
  const chips: Chip[] = []
  if (filters.state) chips.push({ name: 'state', label: `state: ${STATE_WORDS[filters.state].toLowerCase()}` })
  if (filters.class_id) chips.push({ name: 'class_id', label: `class: ${classLook(classes, filters.class_id).name}` })
  if (filters.has) chips.push({ name: 'has', label: `has ${HAS_WORDS[filters.has].toLowerCase()}` })
  if (filters.key) chips.push({ name: 'key', label: `key: ${filters.key}` })
  return chips
}
