// The inbox as the API gives it, and each line in words.
import { api, take, type Schemas } from '@/api/client'

export type Notification = Schemas['NotificationBody']

const PAGE_SIZE = 50

export const listNotifications = (unread: boolean, after: number, signal: AbortSignal) =>
  take(
    api.GET('/v1/me/notifications', {
      // Newest first: the beginning is no number, but the absence of one.
      params: { query: { unread, limit: PAGE_SIZE, ...(after === 0 ? {} : { after }) } },
      signal,
    }),
  )

export const markRead = (ids: number[] | null) => take(api.POST('/v1/me/notifications/read', { body: { ids } }))

const TITLES: Record<Notification['kind'], string> = {
  sent_back: 'A task came back to you',
  comment: 'A comment on your task',
  reopened: 'A task was opened again',
  release_ready: 'A release is ready',
  release_failed: 'A release failed',
  import_ready: 'An import is ready',
  import_failed: 'An import failed',
  guidelines: 'The guidelines changed',
  model_ready: 'A model is ready',
  model_refused: 'A model was refused',
  run_ready: 'A run of a model is done',
  run_failed: 'A run of a model failed',
}

export const titleOf = (one: Notification): string => TITLES[one.kind]

/** The sentence that a notification carries, whatever its kind calls it. */
export function textOf(one: Notification): string | null {
  for (const name of ['feedback', 'comment', 'text', 'reason', 'detail']) {
    const value = one.body[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}
