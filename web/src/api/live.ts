// Live counts of a project: server-sent events while the page is seen, polling where there is no stream.
import { useEffect } from 'react'
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { create } from 'zustand'
import type { Schemas } from './client'
import { progressQuery } from './queries'

export type Progress = Schemas['ProgressBody']
export type Liveness = 'connecting' | 'live' | 'polling'

export const POLL_MS = 5_000
export const RETRY_STREAM_MS = 60_000

/** Return the counts in an event's data, null when it is something else. */
export function parseProgress(data: string): Progress | null {
  try {
    const body: unknown = JSON.parse(data)
    const valid = typeof body === 'object' && body !== null && 'tasks' in body && 'images' in body
    return valid ? (body as Progress) : null
  } catch {
    return null
  }
}

export interface Watcher {
  onProgress: (progress: Progress) => void
  onState: (state: Liveness) => void
}

/** Follow `url`; a stream that the server refuses is tried again after a while. Returns what ends it. */
export function watch(url: string, watcher: Watcher): () => void {
  let source: EventSource | null = null
  let retry: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    source = new EventSource(url)
    source.addEventListener('progress', (event) => {
      const progress = parseProgress(event.data)
      if (progress === null) return
      watcher.onState('live')
      watcher.onProgress(progress)
    })
    source.onerror = () => {
      watcher.onState('polling')
      // The browser reconnects by itself unless the answer was a refusal.
      if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_STREAM_MS)
    }
  }

  open()
  return () => {
    clearTimeout(retry)
    source?.close()
  }
}

interface LivenessStore {
  liveness: Liveness
  set: (liveness: Liveness) => void
}

/** How the counts come in at this moment. */
export const useLiveness = create<LivenessStore>()((set) => ({
  liveness: 'connecting',
  set: (liveness) => {
    set({ liveness })
  },
}))

function follow(client: QueryClient, projectId: number): () => void {
  return watch(`/v1/projects/${String(projectId)}/events`, {
    onProgress: (progress) => client.setQueryData(progressQuery(projectId).queryKey, progress),
    onState: useLiveness.getState().set,
  })
}

/** Keep the counts of a project fresh in the query cache. A hidden page holds no connection: browsers allow six a host. */
export function useLiveProgress(projectId: number, { enabled }: { enabled: boolean }): void {
  const client = useQueryClient()
  const liveness = useLiveness((store) => store.liveness)

  useEffect(() => {
    if (!enabled) return
    let stop: (() => void) | null = null
    const update = () => {
      if (document.visibilityState === 'hidden') {
        stop?.()
        stop = null
      } else {
        stop ??= follow(client, projectId)
      }
    }
    useLiveness.getState().set('connecting')
    update()
    document.addEventListener('visibilitychange', update)
    return () => {
      document.removeEventListener('visibilitychange', update)
      stop?.()
    }
  }, [client, projectId, enabled])

  useQuery({ ...progressQuery(projectId), enabled, refetchInterval: liveness === 'live' ? false : POLL_MS })
}
