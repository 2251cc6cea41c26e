// Who may label: the vendors engaged for the project.
import { queryOptions } from '@tanstack/react-query'
import { api, take } from '@/api/client'

export const vendorsQuery = (projectId: number) =>
  queryOptions({
    queryKey: ['vendors', projectId],
    queryFn: () => take(api.GET('/v1/projects/{project_id}/vendors', { params: { path: { project_id: projectId } } })),
    refetchInterval: 15_000,
  })
