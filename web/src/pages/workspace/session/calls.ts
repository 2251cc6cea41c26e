/** What the workspace asks of the API. */

import { api, send, type Schemas } from '@/api/client'
import { isProblem } from '@/api/problem'
import { type LabelObject, writeObject } from '@/document'
import type { PolygonShape } from '@/geometry'
import type { SegmentAnswer, SegmentQuestion } from '@/tools'

export type Lease = Schemas['LeaseBody']

interface HeldLease {
  readonly lease_id: number
  readonly project_id: number
  readonly stage: string
}

const path = (leaseId: number) => ({ params: { path: { lease_id: leaseId } } })

/** The next piece of labelling work; null when there is none now. */
export async function claim(projectId: number): Promise<Lease | null> {
  const lease = await send<Lease | undefined>('POST', '/v1/leases', {
    body: { project_id: projectId, stage: 'label' },
  })
  return lease ?? null
}

/** A lease of one's own, or null where it is somebody else's or never was. */
export async function findLease(leaseId: number): Promise<Lease | null> {
  try {
    return await send<Lease>('GET', `/v1/leases/${String(leaseId)}`)
  } catch (error) {
    if (isProblem(error, 'not_found')) return null
    throw error
  }
}

/** The labelling work of a project that one holds already, the oldest first. */
export async function listHeld(projectId: number): Promise<readonly number[]> {
  const { items } = await send<{ items: readonly HeldLease[] }>('GET', '/v1/leases')
  return items
    .filter((held) => held.project_id === projectId && held.stage === 'label')
    .map((held) => held.lease_id)
    .sort((a, b) => a - b)
}

/** Whether the server keeps it; false when it has a newer draft. */
export async function saveDraft(leaseId: number, sequence: number, objects: readonly LabelObject[]): Promise<boolean> {
  const body = { sequence, objects: objects.map(writeObject) }
  return (await send<Schemas['DraftStoredBody']>('PUT', `/v1/leases/${String(leaseId)}/draft`, { body })).stored
}

export async function extendLease(leaseId: number): Promise<void> {
  await api.POST('/v1/leases/{lease_id}/heartbeat', path(leaseId))
}

export const submitAnswer = (leaseId: number, objects: readonly LabelObject[]): Promise<Schemas['ReceiptBody']> =>
  send('POST', `/v1/leases/${String(leaseId)}/annotation`, { body: { objects: objects.map(writeObject) } })

export const undoSubmit = (leaseId: number): Promise<Lease> => send('POST', `/v1/leases/${String(leaseId)}/undo`)

export async function giveBack(leaseId: number): Promise<void> {
  await api.DELETE('/v1/leases/{lease_id}', path(leaseId))
}

/** Give a lease back while the page goes away: nobody waits for the answer. */
export function giveBackOnLeave(leaseId: number): void {
  const options = { method: 'DELETE', headers: { 'X-Plumbline': '1' }, keepalive: true }
  fetch(`/v1/leases/${String(leaseId)}`, options).catch(() => undefined) // the lease then runs out by itself
}

export async function segment(leaseId: number, question: SegmentQuestion, signal: AbortSignal): Promise<SegmentAnswer> {
  const found = await send<{ polygon: PolygonShape; took_ms: number }>(
    'POST',
    `/v1/leases/${String(leaseId)}/segment`,
    { body: question, signal },
  )
  return { polygon: found.polygon, tookMs: found.took_ms }
}

export interface GuidelinesVersion {
  readonly version: number
  readonly guidelines: { readonly markdown: string }
  readonly acknowledged: boolean
}

export const getGuidelines = (projectId: number): Promise<GuidelinesVersion> =>
  send('GET', `/v1/projects/${String(projectId)}/guidelines`)

export async function acknowledgeGuidelines(projectId: number, version: number): Promise<void> {
  await send('PUT', `/v1/projects/${String(projectId)}/guidelines/acknowledgement`, { body: { version } })
}
