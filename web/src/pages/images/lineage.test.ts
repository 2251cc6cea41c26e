import { describe, expect, it } from 'vitest'
import type { Schemas } from '@/api/client'
import { compositionOf, fitting, isAllowed, rightsOf } from './actions'
import type { Item, ItemTask } from './data'
import { STATE_WORDS, TASK_STATES } from './filters'
import { lineageOf } from './lineage'
import { idsBetween } from './selection'

const IMAGE: Schemas['ImageBody'] = {
  id: 3,
  source_id: 1,
  key: 'a/b.jpg',
  revision: 'etag',
  state: 'ready',
  reason: null,
  detail: null,
  sha256: '9f2c00'.padEnd(60, '0') + '41e7',
  bytes: 8_400_000,
  width: 4000,
  height: 3000,
  content_type: 'image/jpeg',
  duplicate_of: null,
  trace_id: null,
  created_at: '2026-01-01T00:00:00Z',
  state_since: '2026-01-01T00:00:01Z',
  url: '/u',
  thumbnail_url: '/t',
}

const TASK = {
  state: 'in_review',
  round: 2,
  votes: 2,
  target: 3,
  reason: null,
  causes: ['class', 'boundary'] satisfies Schemas['Cause'][],
}

const decision = (rule: string, outcome: Schemas['Outcome']) => ({
  rule,
  outcome,
  reason: 'because',
  parameters_version: 1,
  created_at: '2026-01-02T00:00:00Z',
})

const item = (id: number, state: ItemTask['state'] | null, frozen = false): Item => ({
  id,
  project_id: 1,
  image_id: id,
  key: `k${id}`,
  width: 1,
  height: 1,
  url: null,
  thumbnail_url: null,
  task:
    state === null
      ? null
      : { id: id + 100, state, round: 1, votes: 0, target: 2, frozen, outcome: null, reason: null, causes: [] },
  prelabels: null,
  prelabel_source: null,
  final: null,
})

describe('lineage', () => {
  it('tells the way from the event to the state in order', () => {
    const story = { task: TASK, decisions: [decision('quorum-1', 'review'), decision('review-1', 'accept')], objects: [] }
    const steps = lineageOf({ image: IMAGE, story, prelabels: null })
    expect(steps.map((s) => s.kind)).toEqual(['event', 'picture', 'model', 'votes', 'consensus', 'review', 'state'])
    expect(steps[1]?.lines).toEqual(['4000 × 3000, 8.4 MB, image/jpeg', 'sha256 9f2c00…41e7'])
    expect(steps[3]?.lines).toEqual(['2 of 3 asked for, round 2'])
    expect(steps[4]?.lines).toEqual(['because', 'rule quorum-1, policy 1 → to a supervisor'])
    expect(steps[6]?.lines).toEqual(['contested: class, outline'])
  })

  it('ends with the picture where there is no task, and says why it was refused', () => {
    const refused = { ...IMAGE, state: 'quarantined' as const, detail: 'The file is damaged.', sha256: null, width: null }
    const steps = lineageOf({ image: refused, story: null, prelabels: null })
    expect(steps.at(-1)).toMatchObject({ kind: 'picture', tone: 'bad', lines: ['8.4 MB, image/jpeg', 'The file is damaged.'] })
  })

  it('gives the mean score of the pre-labels that have one', () => {
    const label = (score?: number) => ({
      id: String(score),
      class_id: 1,
      shape: { type: 'tag' as const },
      origin: 'model' as const,
      derived_from: [],
      ...(score === undefined ? {} : { score }),
    })
    const story = { task: TASK, decisions: [], objects: [] }
    const lines = (prelabels: ReturnType<typeof label>[]) => lineageOf({ image: IMAGE, story, prelabels })[2]?.lines
    expect(lines([label(0.5), label(0.7), label()])).toEqual(['3 pre-labels, mean score 0.60'])
    expect(lines([])).toEqual(['0 pre-labels'])
  })
})

describe('actions', () => {
  it('are offered where the state takes them', () => {
    const offered = (state: ItemTask['state'], frozen = false) =>
      (['freeze', 'unfreeze', 'reopen', 'cancel'] as const).filter((action) => isAllowed(action, { state, frozen }))
    expect(offered('open')).toEqual(['freeze', 'cancel'])
    expect(offered('in_review', true)).toEqual(['unfreeze', 'cancel'])
    expect(offered('accepted')).toEqual(['reopen'])
    expect(offered('cancelled')).toEqual(['reopen'])
    expect(TASK_STATES.every((state) => STATE_WORDS[state] !== '')).toBe(true)
  })

  it('are the client’s to give up and to order again', () => {
    expect([...rightsOf({ kind: 'client', role: 'client' })]).toContain('reopen')
    expect([...rightsOf({ kind: 'vendor', role: 'admin' })]).toEqual(['freeze', 'unfreeze'])
    expect(rightsOf({ kind: 'vendor', role: 'annotator' }).size).toBe(0)
  })

  it('go to those of a selection that they fit', () => {
    const items = [item(1, 'open'), item(2, 'accepted'), item(3, null), item(4, 'open', true), item(5, 'open')]
    expect(fitting('freeze', items).map((task) => task.id)).toEqual([101, 105])
    expect(compositionOf(items, STATE_WORDS)).toBe('2 open, 1 accepted, 1 without a task, 1 frozen')
  })

  it('take a range in the order of the grid, whichever end came first', () => {
    const items = [7, 3, 9, 4].map((id) => ({ id }))
    expect(idsBetween(items, 9, 7)).toEqual([7, 3, 9])
    expect(idsBetween(items, 99, 4)).toEqual([4])
  })
})
