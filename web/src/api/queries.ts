// The query client and the queries that more than one page asks.
import { QueryClient, queryOptions } from '@tanstack/react-query'
import { api, take } from './client'
import { isProblem } from './problem'

const PASSING_RETRIES = 3

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // A refusal stays a refusal; only what may pass by itself is asked again.
        retry: (count, error) => count < PASSING_RETRIES && isProblem(error) && error.isPassing,
        retryDelay: (count) => Math.min(500 * 2 ** count, 5_000),
      },
      mutations: { retry: false },
    },
  })
}

export const projectQuery = (projectId: number) =>
  queryOptions({
    queryKey: ['project', projectId],
    queryFn: () => take(api.GET('/v1/projects/{project_id}', { params: { path: { project_id: projectId } } })),
    staleTime: 60_000,
  })

export const progressQuery = (projectId: number) =>
  queryOptions({
    queryKey: ['progress', projectId],
    queryFn: () => take(api.GET('/v1/projects/{project_id}/progress', { params: { path: { project_id: projectId } } })),
  })

/** How many messages were given up, by queue and reason. */
export const deadLettersQuery = queryOptions({
  queryKey: ['dead-letters', 'summary'],
  queryFn: () => take(api.GET('/v1/dead-letters/summary')),
})

/** Forget what one session has seen: nothing of one organisation may show in another. */
export function forgetSession(client: QueryClient): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'sign-in-options' })
}
