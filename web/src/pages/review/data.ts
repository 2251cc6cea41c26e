// What a review asks of the API: a lease to hold, what is contested on its task, and the queue.
import { queryOptions } from '@tanstack/react-query'
import { send, type Schemas } from '@/api/client'
import { isProblem } from '@/api/problem'
import type { NewReview, Review } from './verdicts'

export type Lease = Schemas['LeaseBody']
export type QueuedTask = Schemas['TaskBody']

const QUEUE_LENGTH = 50
const QUEUE_REFRESH_MS = 15_000

export const leaseKey = (projectId: number) => ['review-lease', projectId] as const

/** The lease to go on with: the one in the address, one held from before, or the next of the queue; null with none. */
export async function openLease(projectId: number, known: number | null): Promise<Lease | null> {
  const held = known === null ? null : await findHeld(known, projectId)
  if (held !== null) return held
  for (const { lease_id: id, stage } of await listHeld(projectId)) {
    const found = stage === 'review' ? await findHeld(id, projectId) : null
    if (found !== null) return found
  }
  const claimed = await send<Lease | undefined>('POST', '/v1/leases', {
    body: { project_id: projectId, stage: 'review' },
  })
  return claimed ?? null
}

async function findHeld(leaseId: number, projectId: number): Promise<Lease | null> {
  try {
    const lease = await send<Lease>('GET', `/v1/leases/${leaseId}`)
    return lease.holds_seat && lease.stage === 'review' && lease.project_id === projectId ? lease : null
  } catch (error) {
    if (isProblem(error, 'not_found')) return null
    throw error
  }
}

async function listHeld(projectId: number): Promise<readonly Schemas['HeldLeaseBody'][]> {
  const { items } = await send<Schemas['HeldLeasesBody']>('GET', '/v1/leases')
  return items.filter((lease) => lease.project_id === projectId)
}

export const reviewQuery = (leaseId: number) =>
  queryOptions({
    queryKey: ['review', leaseId],
    queryFn: () => send<Review>('GET', `/v1/leases/${leaseId}/review`),
    staleTime: Infinity,
  })

export const queueKey = (projectId: number) => ['review-queue', projectId] as const

export const queueQuery = (projectId: number) =>
  queryOptions({
    queryKey: queueKey(projectId),
    queryFn: () =>
      send<{ items: readonly QueuedTask[] }>('GET', `/v1/projects/${projectId}/tasks`, {
        query: { state: 'in_review', sort: 'agreement', limit: QUEUE_LENGTH },
      }),
    select: (page) => page.items,
    refetchInterval: QUEUE_REFRESH_MS,
  })

export const sendReview = (leaseId: number, body: NewReview) =>
  send<Schemas['ReviewReceiptBody']>('POST', `/v1/leases/${leaseId}/review`, { body })

export const keepAlive = (leaseId: number) => send<{ expires_at: string }>('POST', `/v1/leases/${leaseId}/heartbeat`)

export const giveBack = (leaseId: number) => send<undefined>('DELETE', `/v1/leases/${leaseId}`)
