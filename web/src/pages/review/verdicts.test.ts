import { describe, expect, it } from 'vitest'
import type { WireObject } from '@/ui/shapes/schema'
import {
  NO_CHOICES,
  acceptBody,
  choiceOfDigit,
  missingVerdicts,
  neighbour,
  nextUnanswered,
  rejectBody,
  sendBackBody,
  settledObject,
  withChoice,
  withObject,
  type Contested,
  type Review,
} from './verdicts'

const box = (id: string, x0 = 0): WireObject => ({
  id,
  class_id: 1,
  shape: { type: 'box', x0, y0: 0, x1: x0 + 10, y1: 10 },
  origin: 'drawn',
  derived_from: [],
})

const contested = (id: string, causes: Contested['causes'], leases: readonly number[] = [11, 12]): Contested => ({
  object: box(id),
  causes,
  vote_share: 1,
  class_share: 1,
  agreement_iou: 0.6,
  versions: leases.map((lease_id, i) => ({ label: 'AB'.charAt(i), lease_id, object: box(`${id}-${lease_id}`, i + 1) })),
})

const OBJECTS = [contested('a', ['boundary']), contested('b', []), contested('c', ['class', 'missing'], [11])]
const REVIEW: Review = {
  lease_id: 90,
  task_id: 5,
  reason: '2 of 3 objects are contested',
  image: { id: 1, key: 'k', width: 100, height: 100, url: '/u', thumbnail_url: '/t' },
  ontology: { classes: [] },
  objects: OBJECTS,
  answers: [],
}

describe('verdicts', () => {
  it('are missing for contested objects only', () => {
    expect(missingVerdicts(OBJECTS, NO_CHOICES).map((o) => o.object.id)).toEqual(['a', 'c'])
    const half = withChoice(NO_CHOICES, 'a', { kind: 'remove' })
    expect(missingVerdicts(OBJECTS, half).map((o) => o.object.id)).toEqual(['c'])
    expect(missingVerdicts(OBJECTS, withChoice(half, 'c', { kind: 'merged' }))).toEqual([])
    expect(missingVerdicts(OBJECTS, withChoice(half, 'a', null)).map((o) => o.object.id)).toEqual(['a', 'c'])
  })

  it('become the body of the review, each with what its choice needs', () => {
    const fixed = box('a', 40)
    let choices = withChoice(NO_CHOICES, 'a', { kind: 'fix', fixed })
    choices = withChoice(choices, 'b', { kind: 'remove' })
    choices = withChoice(choices, 'c', { kind: 'version', leaseId: 11 })
    const added = [box('new', 70)]
    expect(acceptBody(REVIEW, { ...choices, added })).toEqual({
      verdicts: [
        { object_id: 'a', choice: 'fix', fixed },
        { object_id: 'b', choice: 'remove' },
        { object_id: 'c', choice: 'version', lease_id: 11 },
      ],
      added,
      send_back: [],
      reject: false,
      go_on: false,
    })
  })

  it('about objects that a newer decision does not have stay at home', () => {
    expect(acceptBody(REVIEW, withChoice(NO_CHOICES, 'gone', { kind: 'merged' })).verdicts).toEqual([])
  })

  it('are not sent with work that goes back or is rejected', () => {
    expect(sendBackBody([11, 12], '  tail is cut ')).toMatchObject({
      verdicts: [],
      send_back: [11, 12],
      feedback: 'tail is cut',
      reject: false,
    })
    expect(rejectBody('blurred')).toMatchObject({ verdicts: [], send_back: [], reject: true, feedback: 'blurred' })
  })

  it('have the digits of their keys: 1 the merged outline, then the versions', () => {
    const [a, , c] = OBJECTS as [Contested, Contested, Contested]
    const answers = [11, 12].map((lease_id, i) => ({ label: 'AB'.charAt(i), lease_id, objects: 2 }))
    expect(choiceOfDigit(a, answers, 1)).toEqual({ kind: 'merged' })
    expect(choiceOfDigit(a, answers, 3)).toEqual({ kind: 'version', leaseId: 12 })
    expect(choiceOfDigit(c, answers, 2)).toEqual({ kind: 'version', leaseId: 11 })
    expect(choiceOfDigit(c, answers, 3)).toBeNull()
  })

  it('take another form of what was added or fixed', () => {
    const added = { ...NO_CHOICES, added: [box('new'), box('other')] }
    expect(withObject(added, box('new', 30)).added.map((o) => o.shape)).toEqual([box('x', 30).shape, box('x').shape])
    expect(withObject(added, box('a', 5)).byObject).toEqual({ a: { kind: 'fix', fixed: box('a', 5) } })
  })

  it('settle an object as they say', () => {
    const [a] = OBJECTS as [Contested]
    expect(settledObject(a, undefined)?.id).toBe('a')
    expect(settledObject(a, { kind: 'version', leaseId: 12 })?.id).toBe('a-12')
    expect(settledObject(a, { kind: 'remove' })).toBeNull()
  })

  it('lead from one disagreement to the next and round', () => {
    const two = OBJECTS.filter((o) => o.causes.length > 0)
    expect(neighbour(two, null, 1)).toBe('a')
    expect(neighbour(two, 'c', 1)).toBe('a')
    expect(neighbour(two, 'a', -1)).toBe('c')
    expect(neighbour([], null, 1)).toBeNull()
    expect(nextUnanswered(two, withChoice(NO_CHOICES, 'a', { kind: 'merged' }), 'a')).toBe('c')
    expect(nextUnanswered(two, withChoice(NO_CHOICES, 'c', { kind: 'merged' }), 'c')).toBe('a')
  })
})
