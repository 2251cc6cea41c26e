import { describe, expect, it } from 'vitest'
import { boxShape, polygonShape } from '@/geometry'
import { square } from '@/geometry/fixtures'
import {
  type Command,
  type History,
  accept,
  add,
  answerOf,
  documentOf,
  historyOf,
  listedOf,
  perform,
  redo,
  reject,
  remove,
  reshape,
  setClass,
  uncheckedOf,
  undo,
} from '.'
import { CAR as car, TRUCK as truck, objectOf, preLabel } from './fixtures'

const ids = (history: History): string[] => history.document.objects.map(({ id }) => id)
const start = historyOf(documentOf([objectOf('a'), preLabel('b', 0.9), objectOf('c'), preLabel('d', 0.4)]))
const small = boxShape({ x0: 1, y0: 1, x1: 2, y1: 2 })

describe('a command', () => {
  const commands: Record<string, Command> = {
    add: add(objectOf('e'), objectOf('f')),
    remove: remove(['a', 'd']),
    reshape: reshape('c', small),
    'set class': setClass(['a', 'b'], truck),
    'set attribute': { kind: 'set_attribute', ids: ['a'], key: 'occluded', value: true },
    accept: accept(['b', 'd']),
    reject: reject(['d', 'b']),
    together: {
      kind: 'together',
      commands: [remove(['b']), add(objectOf('g')), reshape('g', small), remove(['a'])],
    },
  }

  it.each(Object.entries(commands))('%s can be taken back and done again', (_, command) => {
    const after = perform(start, command)
    expect(after.document.objects).not.toEqual(start.document.objects)
    expect(undo(after).document.objects).toEqual(start.document.objects)
    expect(redo(undo(after)).document.objects).toEqual(after.document.objects)
  })

  it('that changes nothing is no step', () => {
    for (const command of [remove(['nobody']), accept(['a']), reject(['c']), setClass(['a'], car), add(objectOf('a'))])
      expect(perform(start, command)).toBe(start)
  })

  it('forgets what was undone', () => {
    const branched = perform(undo(perform(start, remove(['a']))), remove(['c']))
    expect(redo(branched)).toBe(branched)
  })

  it('puts removed objects back where they stood', () => {
    const after = perform(start, remove(['c', 'a']))
    expect(ids(after)).toEqual(['b', 'd'])
    expect(ids(undo(after))).toEqual(['a', 'b', 'c', 'd'])
  })

  it('of one gesture joins the step before it', () => {
    let history = start
    for (let x = 1; x <= 5; x += 1)
      history = perform(history, reshape('a', boxShape({ x0: x, y0: 0, x1: 9, y1: 9 })), 'nudge a')
    history = perform(history, reshape('c', small), 'nudge c')
    expect(history.done).toHaveLength(2)
    expect(undo(undo(history)).document.objects).toEqual(start.document.objects)
    expect(redo(undo(history)).document.objects).toEqual(history.document.objects)
  })

  it('leaves the objects that it does not touch as they are', () => {
    const after = perform(start, reshape('a', small))
    expect(after.document.byId.get('c')).toBe(start.document.byId.get('c'))
  })
})

describe('a pre-label', () => {
  const originAfter = (command: Command, id = 'b'): string | undefined =>
    perform(start, command).document.byId.get(id)?.origin

  it('is no part of the answer before it is checked', () => {
    expect(answerOf(start.document).map(({ id }) => id)).toEqual(['a', 'c'])
    expect(uncheckedOf(start.document).map(({ id }) => id)).toEqual(['b', 'd'])
  })

  it('keeps its id and score when it is accepted', () => {
    expect(perform(start, accept(['b'])).document.byId.get('b')).toMatchObject({
      origin: 'prelabel_accepted',
      score: 0.9,
    })
  })

  it('is edited by a new shape, class or attribute, also after it was accepted', () => {
    expect(originAfter(reshape('b', small))).toBe('prelabel_edited')
    expect(originAfter(setClass(['b'], truck))).toBe('prelabel_edited')
    expect(originAfter({ kind: 'set_attribute', ids: ['b'], key: 'occluded', value: true })).toBe('prelabel_edited')
    expect(originAfter({ kind: 'together', commands: [accept(['b']), reshape('b', small)] })).toBe('prelabel_edited')
  })

  it('stands before the answer in the list, the surest first', () => {
    expect(listedOf(start.document).map(({ id }) => id)).toEqual(['b', 'd', 'c', 'a'])
  })
})

describe('an object of a person', () => {
  it('keeps its origin when it is edited', () => {
    const assisted = historyOf(documentOf([objectOf('x', { origin: 'assisted' })]))
    expect(perform(assisted, reshape('x', small)).document.byId.get('x')?.origin).toBe('assisted')
  })

  it('loses with its class only the attributes that the new class does not have', () => {
    const dressed = historyOf(documentOf([objectOf('x', { attributes: { occluded: true, view: 'front' } })]))
    expect(perform(dressed, setClass(['x'], truck)).document.byId.get('x')?.attributes).toEqual({ occluded: true })
  })

  it('is rounded as the server rounds it', () => {
    const after = perform(start, reshape('a', polygonShape(square(0.123456, 0, 10))))
    expect(after.document.byId.get('a')?.shape).toEqual(polygonShape(square(0.12, 0, 10)))
  })

  it('with a foreign shape is not reshaped', () => {
    const foreign = historyOf(documentOf([objectOf('x', { shape: { type: 'foreign', wire: { type: 'spline' } } })]))
    expect(perform(foreign, reshape('x', small))).toBe(foreign)
  })
})
