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
  refetchInterval?: number | false
  enabled?: boolean
}

/** A list that grows: `items` so far, and what `<Pager>` needs. */
export function usePages<T>({ key, fetch, refetchInterval = false, enabled = true }: PagesOptions<T>) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetch(pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: (page: PageOf<T>) => page.next ?? undefined,
    refetchInterval,
    enabled,
  })
  return { ...query, items: query.data?.pages.flatMap((page) => page.items) ?? [] }
}
