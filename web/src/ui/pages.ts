// Cursor-paged lists: one hook for every `{items, next}` of the API.
import { useInfiniteQuery } from '@tanstack/react-query'

export interface PageOf<T> {
  items: readonly T[]
  next?: number | null
}

interface PagesOptions<T> {
  key: readonly unknown[]
  /** Ask for the page after `after`; 0 is the beginning. */
  fetch: (after: number, signal: AbortSignal) => Promise<PageOf<T>>
  /** In ms; a function decides by what the list holds. */
  refetchInterval?: number | false | ((items: readonly T[]) => number | false)
  enabled?: boolean
}

/** A list that grows: `items` so far, and what `<Pager>` needs. */
export function usePages<T>({ key, fetch, refetchInterval = false, enabled = true }: PagesOptions<T>) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetch(pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: (page: PageOf<T>) => page.next ?? undefined,
    refetchInterval:
      typeof refetchInterval === 'function'
        ? ({ state }) => refetchInterval(state.data?.pages.flatMap((page) => page.items) ?? [])
        : refetchInterval,
    enabled,
  })
  return { ...query, items: query.data?.pages.flatMap((page) => page.items) ?? [] }
}
