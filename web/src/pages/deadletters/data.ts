// Dead letters: how many for each queue and reason, the letters themselves, and what can be done with them.
import { queryOptions } from '@tanstack/react-query'
import { api, send, take, type Schemas } from '@/api/client'
import type { PageOf } from '@/ui/pages'
import type { Filters } from './filters'

export type Letter = Schemas['DeadLetterBody']
export type Story = Schemas['DeadLetterStoryBody']
export type Summary = Schemas['DeadSummaryBody']
export type Queue = Schemas['Topic']

export const lettersKey = ['dead-letters'] as const

const PAGE = 100
/** One request takes so many letters. */
const MOST_AT_ONCE = 500

export const storyQuery = (letterId: number) =>
  queryOptions({
    queryKey: [...lettersKey, 'story', letterId],
    queryFn: () => take(api.GET('/v1/dead-letters/{letter_id}', { params: { path: { letter_id: letterId } } })),
  })

export function fetchLetters({ state, queue, reason }: Filters, after: number, signal: AbortSignal) {
  return send<PageOf<Letter>>('GET', '/v1/dead-letters', {
    query: { state, queue, reason, after: after || undefined, limit: PAGE },
    signal,
  })
}

/** Which letters: those named, or all that wait and fit. */
export type Target =
  | { readonly letter_ids: readonly number[] }
  | { readonly filter: { readonly queue?: Queue; readonly reason?: string } }

/** How an action goes on: `onDone` hears of each page, and stops it by answering false. */
type OnDone = (letters: number) => boolean

interface Done {
  letter_ids: readonly number[]
  left: boolean
  up_to: number
  until_s?: number
}

/** Put letters back into their queues, so many a second over all pages; returns how many went. */
export function redrive(target: Target, ratePerS: number, onDone: OnDone): Promise<number> {
  return pageThrough(
    target,
    (part, before) =>
      send<Done>('POST', '/v1/dead-letters/redrive', {
        body: { ...part, rate_per_s: ratePerS, delay_s: before?.until_s ?? 0 },
      }),
    onDone,
  )
}

/** Let letters go for good; returns how many went. */
export function discard(target: Target, reason: string, onDone: OnDone): Promise<number> {
  return pageThrough(target, (part) => send<Done>('POST', '/v1/dead-letters/discard', { body: { ...part, reason } }), onDone)
}

async function pageThrough(
  target: Target,
  ask: (part: Target, before: Done | null) => Promise<Done>,
  onDone: OnDone,
): Promise<number> {
  let changed = 0
  let before: Done | null = null
  for (const part of partsOf(target)) {
    let next: Target | null = part
    while (next !== null) {
      const done: Done = await ask(next, before)
      changed += done.letter_ids.length
      before = done
      if (!onDone(changed)) return changed
      // What dies meanwhile lies above `up_to` and is left, or it would go in circles.
      next = done.left && 'filter' in part ? { filter: { ...part.filter, up_to: done.up_to } as typeof part.filter } : null
    }
  }
  return changed
}

function partsOf(target: Target): Target[] {
  if (!('letter_ids' in target)) return [target]
  const { letter_ids: ids } = target
  const parts: Target[] = []
  for (let from = 0; from < ids.length; from += MOST_AT_ONCE) parts.push({ letter_ids: ids.slice(from, from + MOST_AT_ONCE) })
  return parts
}
