// When what runs leave behind is asked for anew: once a run has ended, and now and then while one goes on.
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { estimatesKey, figuresKey, isGoing, setsKey, type Run } from './data'

/** Counts of sets and estimates take the database a while; a run is looked at far more often. */
const REFRESH_MS = 15_000

type Seen = Pick<Run, 'id' | 'state'>

/** Whether a run has stopped since runs were looked at before, or came and stopped meanwhile. */
export function haveStopped(before: readonly Seen[], now: readonly Seen[]): boolean {
  const known = new Map(before.map((run) => [run.id, run]))
  const newest = Math.max(0, ...known.keys())
  return now.some((run) => {
    const then = known.get(run.id)
    return !isGoing(run) && (then === undefined ? run.id > newest : isGoing(then))
  })
}

/** Ask anew for all that a run which has stopped may have changed; costly comparisons too. */
export const refreshAll = (client: QueryClient, projectId: number) =>
  Promise.all([
    refreshCounts(client, projectId),
    client.invalidateQueries({ queryKey: figuresKey(projectId) }),
  ])

const refreshCounts = (client: QueryClient, projectId: number) =>
  Promise.all([
    client.invalidateQueries({ queryKey: setsKey(projectId) }),
    client.invalidateQueries({ queryKey: estimatesKey(projectId) }),
  ])

/** Keep sets, their figures and estimates near what runs have done; null while the runs are not known yet. */
export function useRefreshing(projectId: number, runs: readonly Seen[] | null): void {
  const client = useQueryClient()
  const before = useRef<readonly Seen[] | null>(null)
  useEffect(() => {
    if (runs === null) return
    if (before.current !== null && haveStopped(before.current, runs)) void refreshAll(client, projectId)
    before.current = runs
  }, [client, projectId, runs])
  const going = runs?.some(isGoing) ?? false
  useEffect(() => {
    if (!going) return
    const timer = setInterval(() => void refreshCounts(client, projectId), REFRESH_MS)
    return () => {
      clearInterval(timer)
    }
  }, [client, projectId, going])
}
