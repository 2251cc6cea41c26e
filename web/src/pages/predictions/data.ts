// What a project's models ask of the API: versions to choose, mappings, runs, sets, their comparison, and the policy.
import { queryOptions } from '@tanstack/react-query'
import { send, type Schemas } from '@/api/client'
import { newKey } from '@/api/key'
import type { PageOf } from '@/ui/pages'

export type ModelVersion = Schemas['ModelVersionBody']
export type Mapping = Schemas['MappingBody']
export type MappedClass = Schemas['MappedClass']
export type Suggestion = Schemas['SuggestedClassBody']
export type Run = Schemas['RunBody']
export type RunFilter = Schemas['RunFilter']
export type Estimate = Schemas['RunEstimateBody']
export type PredictionSet = Schemas['PredictionSetBody']
export type SetPicture = Schemas['SetPictureBody']
export type Comparison = Schemas['SetComparisonBody']
export type Acceptance = Schemas['SetAcceptanceBody']
export type Item = Schemas['ItemBody']
export type Policy = Schemas['Policy']

/** The most that one page of a list holds. */
const MOST = 500
/** How often what is still going on is looked at. */
export const LIVE_MS = 1_500

const at = (projectId: number, rest: string): string => `/v1/projects/${String(projectId)}/${rest}`

export const runsKey = (projectId: number) => ['runs', projectId] as const
export const estimatesKey = (projectId: number) => [...runsKey(projectId), 'estimate'] as const
export const setsKey = (projectId: number) => ['prediction-sets', projectId] as const
/** What is made of whole sets is costly: whoever only wants their counts anew leaves it alone. */
export const figuresKey = (projectId: number) => ['set-figures', projectId] as const

/** Versions that can pre-label: ready, and asking for no clicks. */
export const readyModelsQuery = queryOptions({
  queryKey: ['models', 'ready'],
  queryFn: async () => {
    const page = await send<PageOf<ModelVersion>>('GET', '/v1/models', { query: { state: 'ready', limit: MOST } })
    return page.items.filter((model) => model.card?.task !== 'prompt')
  },
})

/** The mappings of a project, newest first. */
export const mappingsQuery = (projectId: number) =>
  queryOptions({
    queryKey: ['mappings', projectId],
    queryFn: async () => {
      const page = await send<PageOf<Mapping>>('GET', at(projectId, 'class-mappings'), { query: { limit: MOST } })
      return [...page.items].sort((a, b) => b.id - a.id)
    },
  })

export const suggestionQuery = (projectId: number, modelVersionId: number) =>
  queryOptions({
    queryKey: ['suggestion', projectId, modelVersionId],
    queryFn: async () => {
      const query = { model_version_id: modelVersionId }
      const found = await send<{ classes: Suggestion[] }>('GET', at(projectId, 'class-mappings/suggestion'), { query })
      return found.classes
    },
    staleTime: Infinity,
  })

export const saveMapping = (projectId: number, modelVersionId: number, classes: readonly MappedClass[]) =>
  send<Mapping>('POST', at(projectId, 'class-mappings'), { body: { model_version_id: modelVersionId, classes } })

interface Wish {
  readonly mapping_id: number
  readonly purpose: Schemas['RunPurpose']
  readonly name?: string
  readonly filter: RunFilter
  readonly show?: boolean
}

export const startRun = (projectId: number, wish: Wish, key = newKey()) =>
  send<Run>('POST', at(projectId, 'runs'), { body: wish, headers: { 'Idempotency-Key': key } })

export const estimateQuery = (projectId: number, mappingId: number, filter: RunFilter) =>
  queryOptions({
    queryKey: [...estimatesKey(projectId), mappingId, filter],
    queryFn: ({ signal }) =>
      send<Estimate>('POST', at(projectId, 'runs/estimate'), { body: { mapping_id: mappingId, filter }, signal }),
  })

const PAGE = 20

export const fetchRuns = (projectId: number, after: number, signal: AbortSignal) =>
  send<PageOf<Run>>('GET', at(projectId, 'runs'), { query: { purpose: 'run', after: after || undefined, limit: PAGE }, signal })

export const isGoing = (run: Pick<Run, 'state'>): boolean => run.state === 'running'

export const runQuery = (projectId: number, runId: number) =>
  queryOptions({
    queryKey: [...runsKey(projectId), 'one', runId],
    queryFn: () => send<Run>('GET', at(projectId, `runs/${String(runId)}`)),
  })

export const runPicturesQuery = (projectId: number, runId: number) =>
  queryOptions({
    queryKey: [...runsKey(projectId), 'pictures', runId],
    queryFn: async () => (await send<PageOf<SetPicture>>('GET', at(projectId, `runs/${String(runId)}/pictures`))).items,
  })

export type RunVerb = 'pause' | 'resume' | 'cancel'

export const changeRun = (projectId: number, runId: number, verb: RunVerb) =>
  send<Run>('POST', at(projectId, `runs/${String(runId)}/${verb}`))

export const setsQuery = (projectId: number) =>
  queryOptions({
    queryKey: setsKey(projectId),
    queryFn: async () => {
      const page = await send<PageOf<PredictionSet>>('GET', at(projectId, 'prediction-sets'), { query: { limit: MOST } })
      return [...page.items].sort((a, b) => b.mapping_id - a.mapping_id)
    },
  })

/** `b` null: the final labels. */
export const comparisonQuery = (projectId: number, a: number, b: number | null, matchIou: number) =>
  queryOptions({
    queryKey: [...figuresKey(projectId), 'compare', a, b, matchIou],
    queryFn: ({ signal }) =>
      send<Comparison>('GET', at(projectId, 'prediction-sets/compare'), { query: { a, b, match_iou: matchIou }, signal }),
  })

export const acceptanceQuery = (projectId: number, mappingId: number) =>
  queryOptions({
    queryKey: [...figuresKey(projectId), 'acceptance', mappingId],
    queryFn: () => send<Acceptance>('GET', at(projectId, `prediction-sets/${String(mappingId)}/acceptance`)),
  })

/** What a set says of one image; null where it says nothing. */
export const setPictureQuery = (projectId: number, mappingId: number, imageId: number) =>
  queryOptions({
    queryKey: [...figuresKey(projectId), 'picture', mappingId, imageId],
    queryFn: async () => {
      const path = at(projectId, `prediction-sets/${String(mappingId)}/pictures`)
      const page = await send<PageOf<SetPicture>>('GET', path, { query: { after: imageId - 1, limit: 1 } })
      return page.items.find((picture) => picture.image_id === imageId) ?? null
    },
  })

export const itemQuery = (itemId: number) =>
  queryOptions({
    queryKey: ['item', itemId],
    queryFn: () => send<Item>('GET', `/v1/items/${String(itemId)}`),
  })

/** Give a set's pre-labels to every task that nobody has begun; returns how many tasks got and kept theirs. */
export async function showSet(projectId: number, mappingId: number): Promise<{ changed: number; begun: number }> {
  let [changed, begun] = [0, 0]
  for (let after: number | null = 0; after !== null; ) {
    const path = at(projectId, `prediction-sets/${String(mappingId)}/show`)
    const shown: Schemas['ShownSetBody'] = await send('POST', path, { query: { after } })
    changed += shown.tasks_changed
    begun += shown.tasks_begun
    after = shown.next
  }
  return { changed, begun }
}

export const fetchItems = (projectId: number, key: string, after: number, limit: number, signal: AbortSignal) =>
  send<PageOf<Item>>('GET', at(projectId, 'items'), { query: { key: key || undefined, after: after || undefined, limit }, signal })

/** Publish the next version of the rules; refused when somebody published one meanwhile. */
export const publishPolicy = (projectId: number, seenVersion: number, body: Policy) =>
  send<Schemas['PolicyVersionBody']>('PUT', at(projectId, 'policy'), { body, headers: { 'If-Match': `"${String(seenVersion)}"` } })
