// Where the project's images come from.
import { queryOptions } from '@tanstack/react-query'
import { api, take, type Schemas } from '@/api/client'

export type Feed = Schemas['FeedBody']

export const feedsQuery = (projectId: number) =>
  queryOptions({
    queryKey: ['feeds', projectId],
    queryFn: () => take(api.GET('/v1/projects/{project_id}/feeds', { params: { path: { project_id: projectId } } })),
    refetchInterval: 15_000,
  })
