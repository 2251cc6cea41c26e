// Models that the organisation keeps: versions, their aliases, and what may be said anew of one.
import { queryOptions } from '@tanstack/react-query'
import { api, send, take, type Schemas } from '@/api/client'
import { newKey } from '@/api/key'
import type { PageOf } from '@/ui/pages'

export type ModelVersion = Schemas['ModelVersionBody']
export type ModelState = Schemas['ModelState']

export const modelsKey = ['models'] as const

const PAGE = 50

export interface ModelFilter {
  readonly name?: string
  readonly state?: ModelState
}

export const fetchModels = ({ name, state }: ModelFilter, after: number, signal: AbortSignal) =>
  send<PageOf<ModelVersion>>('GET', '/v1/models', { query: { name, state, after: after || undefined, limit: PAGE }, signal })

export const modelQuery = (id: number) =>
  queryOptions({
    queryKey: [...modelsKey, 'one', id],
    queryFn: () => send<ModelVersion>('GET', `/v1/models/${String(id)}`),
  })

/** What a person says of an upload that becomes a version. */
export interface Draft {
  readonly name: string
  /** Empty: counts on from the newest. */
  readonly version: string
  readonly licence: string
  readonly notes: string
  readonly classes: readonly string[]
}

export const addModel = (uploadId: number, { name, version, licence, notes, classes }: Draft, key = newKey()) =>
  send<ModelVersion>('POST', '/v1/models', {
    body: {
      upload_id: uploadId,
      name,
      licence,
      notes,
      ...(version === '' ? {} : { version }),
      ...(classes.length === 0 ? {} : { classes }),
    },
    headers: { 'Idempotency-Key': key },
  })

export const changeModel = (id: number, body: Schemas['ModelChangeBody']) =>
  send<ModelVersion>('PATCH', `/v1/models/${String(id)}`, { body })

export const setRetired = (id: number, retired: boolean) =>
  send<ModelVersion>('POST', `/v1/models/${String(id)}/${retired ? 'retire' : 'restore'}`)

const aliasPath = (name: string, alias: string) => `/v1/models/${encodeURIComponent(name)}/aliases/${encodeURIComponent(alias)}`

export const setAlias = ({ name, id }: Pick<ModelVersion, 'name' | 'id'>, alias: string) =>
  send<ModelVersion>('PUT', aliasPath(name, alias), { body: { model_version_id: id } })

export const clearAlias = (name: string, alias: string) => send<undefined>('DELETE', aliasPath(name, alias))

const MEMBERS = 500

/** Names of the organisation's people by their id; who is not among the first is called by number. */
export const memberNamesQuery = queryOptions({
  queryKey: ['members', 'names'],
  queryFn: async () => {
    const page = await take(api.GET('/v1/members', { params: { query: { limit: MEMBERS } } }))
    return new Map(page.items.map((member) => [member.id, member.name ?? member.email]))
  },
  staleTime: 300_000,
})
