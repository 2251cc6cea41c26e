// Releases of a project: the list, one with its files, making the next.
import { queryOptions } from '@tanstack/react-query'
import { api, take, type Schemas } from '@/api/client'

export type Release = Schemas['ReleaseBody']
export type Include = Schemas['ReleaseContent']

const RUNNING_MS = 1_500

export const releasesQuery = (projectId: number) =>
  queryOptions({
    queryKey: ['releases', projectId],
    queryFn: () => take(api.GET('/v1/releases', { params: { query: { project_id: projectId, limit: 50 } } })),
    // While one is written its end is near.
    refetchInterval: (query) => (query.state.data?.items.some((one) => one.state === 'running') ? RUNNING_MS : false),
  })

export const releaseQuery = (releaseId: number) =>
  queryOptions({
    queryKey: ['release', releaseId],
    queryFn: () => take(api.GET('/v1/releases/{release_id}', { params: { path: { release_id: releaseId } } })),
    // The links in it expire.
    staleTime: 60_000,
  })

export const createRelease = (projectId: number, include: Include, key: string) =>
  take(
    api.POST('/v1/releases', {
      body: { project_id: projectId, include },
      params: { header: { 'Idempotency-Key': key } },
    }),
  )
