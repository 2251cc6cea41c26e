// What the image grid and its drawer ask of the API.
import { queryOptions } from '@tanstack/react-query'
import { api, send, take, type Schemas } from '@/api/client'
import type { PageOf } from '@/ui/pages'
import type { Filters, TaskStateName } from './filters'

export type ItemTask = Omit<Schemas['ItemTaskBody'], 'state'> & { state: TaskStateName }
export type Item = Omit<Schemas['ItemBody'], 'task'> & { task: ItemTask | null }

const PAGE = 48

export const itemsKey = (projectId: number) => ['items', projectId] as const

export function fetchItems(projectId: number, filters: Filters, after: number, signal: AbortSignal) {
  return send<PageOf<Item>>('GET', `/v1/projects/${projectId}/items`, {
    query: { ...filters, after: after || undefined, limit: PAGE },
    signal,
  })
}

export const imageQuery = (imageId: number) =>
  queryOptions({
    queryKey: ['image', imageId],
    queryFn: () => take(api.GET('/v1/images/{image_id}', { params: { path: { image_id: imageId } } })),
  })

export const storyQuery = (taskId: number) =>
  queryOptions({
    queryKey: ['task', taskId],
    queryFn: () => take(api.GET('/v1/tasks/{task_id}', { params: { path: { task_id: taskId } } })),
  })

export type Action = 'freeze' | 'unfreeze' | 'reopen' | 'cancel'

export type Outcomes = Omit<Schemas['TaskOutcomesBody'], 'more'>

/** One request takes so many tasks. */
const MOST_AT_ONCE = 1_000

/** Each task has its own outcome: one that is refused stops no other. */
export async function actOnTasks(
  projectId: number,
  action: Action,
  taskIds: readonly number[],
  reason: string | null,
): Promise<Outcomes> {
  const all: Outcomes[] = []
  for (let from = 0; from < taskIds.length; from += MOST_AT_ONCE) {
    const body = { action, task_ids: taskIds.slice(from, from + MOST_AT_ONCE), reason }
    all.push(await send<Outcomes>('POST', `/v1/projects/${projectId}/tasks/actions`, { body }))
  }
  return {
    changed: all.reduce((sum, { changed }) => sum + changed, 0),
    refused: all.reduce((sum, { refused }) => sum + refused, 0),
    items: all.flatMap(({ items }) => items),
  }
}
