// Images that were put aside, how many for each reason, and what can be done with them.
import { queryOptions } from '@tanstack/react-query'
import { send, type Schemas } from '@/api/client'
import type { PageOf } from '@/ui/pages'

export type QuarantinedImage = Schemas['ImageBody']

export type Counts = Schemas['QuarantineBody']

/** Null means every source that the organisation has, with a project or without. */
export type Scope = number | null

const PAGE = 100

export const quarantineKey = ['quarantine'] as const

export const countsQuery = (scope: Scope) =>
  queryOptions({
    queryKey: [...quarantineKey, 'counts', scope],
    queryFn: () => send<Counts>('GET', '/v1/quarantine', { query: { project_id: scope } }),
    refetchInterval: 15_000,
  })

export function fetchQuarantined(scope: Scope, reason: string | null, after: number, signal: AbortSignal) {
  return send<PageOf<QuarantinedImage>>('GET', '/v1/images', {
    query: { state: 'quarantined', project_id: scope, reason, after: after || undefined, limit: PAGE },
    signal,
  })
}

export type Remedy = 'retry' | 'discard'

/** Which images: those named, or all of a reason. */
export type Target =
  | { readonly image_ids: readonly number[] }
  | { readonly filter: { readonly project_id?: number; readonly reason?: string } }

/** Carry it out, as often as it takes to reach all of them; returns how many changed. */
export async function act(action: Remedy, target: Target, reason: string | null): Promise<number> {
  let changed = 0
  for (;;) {
    const done = await send<Schemas['ImageActionsDoneBody']>('POST', '/v1/images/actions', { body: { action, ...target, reason } })
    changed += done.image_ids.length
    if (!done.left || done.image_ids.length === 0) return changed
  }
}
