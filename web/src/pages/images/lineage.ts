// How an image came to where it is: event, picture, model, votes, decisions, state. Pure.
import type { Schemas } from '@/api/client'
import { bytes, counted } from '@/ui/format'
import type { WireObject } from '@/ui/shapes/schema'
import { STATE_WORDS, type TaskStateName } from './filters'

export type StepKind = 'event' | 'picture' | 'model' | 'votes' | 'consensus' | 'review' | 'state'

export interface Step {
  readonly kind: StepKind
  readonly title: string
  readonly at: string | null
  readonly lines: readonly string[]
  readonly tone?: 'ok' | 'bad' | 'warn'
}

interface Story {
  readonly task: Pick<Schemas['TaskBody'], 'state' | 'round' | 'votes' | 'target' | 'causes' | 'reason'>
  readonly decisions: readonly Pick<
    Schemas['DecisionBody'],
    'rule' | 'outcome' | 'reason' | 'parameters_version' | 'created_at'
  >[]
  readonly objects: readonly unknown[]
}

interface Known {
  readonly image: Schemas['ImageBody']
  readonly story: Story | null
  readonly prelabels: readonly WireObject[] | null
}

export const CAUSE_WORDS: Readonly<Record<Schemas['Cause'], string>> = {
  missing: 'missed by some',
  extra: 'drawn by few',
  class: 'class',
  boundary: 'outline',
  split_merge: 'split or merged',
  gold: 'gold',
  audit: 'random audit',
  flagged: 'flagged',
}

const OUTCOME_WORDS: Readonly<Record<Schemas['Outcome'], string>> = {
  accept: 'accepted',
  one_more: 'one more vote asked for',
  review: 'to a supervisor',
  send_back: 'sent back',
  reject: 'rejected',
}

export function lineageOf({ image, story, prelabels }: Known): Step[] {
  return [
    { kind: 'event', title: 'Event', at: image.created_at, lines: [image.key, `revision ${short(image.revision)}`] },
    pictureStep(image),
    ...(story === null ? [] : taskSteps(story, prelabels)),
  ]
}

function pictureStep(image: Schemas['ImageBody']): Step {
  const facts = [
    image.width === null || image.height === null ? null : `${image.width} × ${image.height}`,
    image.bytes === null ? null : bytes(image.bytes),
    image.content_type,
  ].filter((fact) => fact !== null)
  return {
    kind: 'picture',
    title: `Picture ${image.state}`,
    at: image.state_since,
    lines: [
      ...(facts.length > 0 ? [facts.join(', ')] : []),
      ...(image.sha256 === null ? [] : [`sha256 ${image.sha256.slice(0, 6)}…${image.sha256.slice(-4)}`]),
      ...(image.detail === null ? [] : [image.detail]),
    ],
    ...(image.state === 'ready' ? {} : { tone: 'bad' as const }),
  }
}

function taskSteps(story: Story, prelabels: readonly WireObject[] | null): Step[] {
  const { task, decisions } = story
  const state = task.state as TaskStateName
  return [
    modelStep(prelabels),
    {
      kind: 'votes',
      title: 'Votes',
      at: null,
      lines: [`${task.votes} of ${task.target} asked for${task.round > 1 ? `, round ${task.round}` : ''}`],
    },
    ...decisions.map((decision): Step => ({
      kind: decision.rule.startsWith('review') ? 'review' : 'consensus',
      title: decision.rule.startsWith('review') ? 'Review' : 'Consensus',
      at: decision.created_at,
      lines: [decision.reason, `rule ${decision.rule}, policy ${decision.parameters_version} → ${OUTCOME_WORDS[decision.outcome]}`],
    })),
    {
      kind: 'state',
      title: STATE_WORDS[state] ?? task.state,
      at: null,
      lines: stateLines(story),
      ...(state === 'accepted' ? { tone: 'ok' as const } : {}),
      ...(state === 'rejected' || state === 'cancelled' ? { tone: 'bad' as const } : {}),
      ...(state === 'in_review' ? { tone: 'warn' as const } : {}),
    },
  ]
}

function modelStep(prelabels: readonly WireObject[] | null): Step {
  if (prelabels === null) return { kind: 'model', title: 'Model', at: null, lines: ['no pre-labels'] }
  const scores = prelabels.flatMap(({ score }) => (score === null || score === undefined ? [] : [score]))
  const mean = meanOf(scores)
  return {
    kind: 'model',
    title: 'Model',
    at: null,
    lines: [`${counted(prelabels.length, 'pre-label')}${mean === null ? '' : `, mean score ${mean.toFixed(2)}`}`],
  }
}

function stateLines({ task, objects }: Story): string[] {
  if (task.state === 'in_review')
    return [task.causes.length > 0 ? `contested: ${task.causes.map((c) => CAUSE_WORDS[c]).join(', ')}` : 'waits for a supervisor']
  if (task.state === 'accepted') return [counted(objects.length, 'final object')]
  return task.reason === null ? [] : [task.reason]
}

export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

const short = (revision: string): string => (revision.length > 16 ? `${revision.slice(0, 16)}…` : revision)
