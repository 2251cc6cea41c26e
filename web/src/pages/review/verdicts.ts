// A supervisor's choices about the objects of one task: which are missing, and the body they make. Pure.

import type { components } from '@/api/schema'
import type { WireObject } from '@/ui/shapes/schema'

type Schemas = components['schemas']
export type Review = Schemas['ReviewBody']
export type Contested = Schemas['ContestedBody']
export type NewReview = Schemas['NewReviewBody']

export type Choice =
  | { readonly kind: 'merged' }
  | { readonly kind: 'version'; readonly leaseId: number }
  | { readonly kind: 'fix'; readonly fixed: WireObject }
  | { readonly kind: 'remove' }

/** Everything the supervisor decided so far; survives a reload. */
export type Choices = {
  readonly byObject: Readonly<Record<string, Choice>>
  readonly added: readonly WireObject[]
}

export const NO_CHOICES: Choices = { byObject: {}, added: [] }

export function isContested(object: Contested): boolean {
  return object.causes.length > 0
}

/** The contested objects first, each with the number it carries on the picture; order is the server's. */
export function splitObjects(objects: readonly Contested[]): { contested: Contested[]; settled: Contested[] } {
  return { contested: objects.filter(isContested), settled: objects.filter((o) => !isContested(o)) }
}

export function missingVerdicts(objects: readonly Contested[], choices: Choices): Contested[] {
  return objects.filter((o) => isContested(o) && choices.byObject[o.object.id] === undefined)
}

export function withChoice(choices: Choices, objectId: string, choice: Choice | null): Choices {
  const others = Object.entries(choices.byObject).filter(([id]) => id !== objectId)
  return { ...choices, byObject: Object.fromEntries(choice === null ? others : [...others, [objectId, choice]]) }
}

/** The digit key of an answer: 1 is the merged outline, 2 the first answer, whether it drew the object or not. */
export const digitOf = (answers: Review['answers'], leaseId: number): number =>
  answers.findIndex((answer) => answer.lease_id === leaseId) + 2

/** The choice that a digit key names; null when that answer has no version of the object. */
export function choiceOfDigit(object: Contested, answers: Review['answers'], digit: number): Choice | null {
  if (digit === 1) return { kind: 'merged' }
  const version = object.versions.find((v) => digitOf(answers, v.lease_id) === digit)
  return version ? { kind: 'version', leaseId: version.lease_id } : null
}

/** The choices with another form of an object that was added, or that a fix is about. */
export function withObject(choices: Choices, object: WireObject): Choices {
  if (!choices.added.some((added) => added.id === object.id))
    return withChoice(choices, object.id, { kind: 'fix', fixed: object })
  return { ...choices, added: choices.added.map((added) => (added.id === object.id ? object : added)) }
}

export function sameChoice(a: Choice | undefined, b: Choice): boolean {
  if (a === undefined || a.kind !== b.kind) return false
  if (a.kind === 'version' && b.kind === 'version') return a.leaseId === b.leaseId
  return true
}

/** What an object becomes by a choice; null when it is removed, the merged one where nothing was chosen. */
export function settledObject(object: Contested, choice: Choice | undefined): WireObject | null {
  switch (choice?.kind) {
    case 'remove':
      return null
    case 'version':
      return object.versions.find((v) => v.lease_id === choice.leaseId)?.object ?? object.object
    case 'fix':
      return choice.fixed
    default:
      return object.object
  }
}

/** The next contested object after `selected` in the given direction, going round; unanswered or not. */
export function neighbour(contested: readonly Contested[], selected: string | null, step: 1 | -1): string | null {
  if (contested.length === 0) return null
  const at = contested.findIndex((o) => o.object.id === selected)
  const next = at < 0 ? (step === 1 ? 0 : contested.length - 1) : (at + step + contested.length) % contested.length
  return contested[next]?.object.id ?? null
}

/** The next contested object without an answer, looking forward from `selected` and going round. */
export function nextUnanswered(
  contested: readonly Contested[],
  choices: Choices,
  selected: string | null,
): string | null {
  const at = Math.max(0, contested.findIndex((o) => o.object.id === selected))
  const round = [...contested.slice(at + 1), ...contested.slice(0, at + 1)]
  return round.find((o) => choices.byObject[o.object.id] === undefined)?.object.id ?? null
}

export function acceptBody(review: Review, choices: Choices): NewReview {
  const known = new Set(review.objects.map((o) => o.object.id))
  const verdicts = Object.entries(choices.byObject)
    .filter(([objectId]) => known.has(objectId))
    .map(([object_id, choice]) => ({
      object_id,
      choice: choice.kind,
      ...(choice.kind === 'version' ? { lease_id: choice.leaseId } : {}),
      ...(choice.kind === 'fix' ? { fixed: choice.fixed } : {}),
    }))
  return { ...EMPTY, verdicts, added: [...choices.added] }
}

export function sendBackBody(leaseIds: readonly number[], feedback: string): NewReview {
  return { ...EMPTY, send_back: [...leaseIds], feedback: feedback.trim() }
}

export function rejectBody(reason: string): NewReview {
  return { ...EMPTY, reject: true, feedback: reason.trim() }
}

const EMPTY: NewReview = { verdicts: [], added: [], send_back: [], reject: false, go_on: false }
