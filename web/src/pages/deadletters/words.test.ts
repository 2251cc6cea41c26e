import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Letter } from './data'
import { QUEUES, STATES, parseFilters, searchOf } from './filters'
import { KIND_CODES, kindOf, lasting, readable, reasonOf, subjectOf } from './words'

const fromRoot = (path: string): string => readFileSync(resolve('..', path), 'utf8')

const about = (named: Partial<Letter['about']>): Letter['about'] => ({
  project_id: null,
  image_id: null,
  task_id: null,
  release_id: null,
  import_id: null,
  feed_id: null,
  event_id: null,
  webhook_id: null,
  delivery_id: null,
  source_id: null,
  bucket: null,
  key: null,
  image_state: null,
  url: null,
  thumbnail_url: null,
  ...named,
})

describe('dead letters in words', () => {
  it('have words for every kind of message', () => {
    const types = [...fromRoot('schema/messages.py').matchAll(/type: Literal\["(\w+)"\]/g)].map((m) => m[1] ?? '')
    expect(types.length).toBeGreaterThan(8)
    expect([...types, 's3_event', 'unknown'].filter((type) => !KIND_CODES.includes(type))).toEqual([])
  })

  it('fall back to the words of a code that came later', () => {
    expect(kindOf('colour_fix')).toBe('Colour fix')
    expect(reasonOf('worker_died')).toBe('Worker died')
  })

  it.each([
    [{ key: 'in/a.png', task_id: 7 }, 'in/a.png'],
    [{ task_id: 7, image_id: 3 }, 'Task 7'],
    [{ webhook_id: 2, delivery_id: 9 }, 'Webhook 2'],
    [{}, 'no idea'],
  ])('name what a letter is about: %j', (named, words) => {
    expect(subjectOf({ about: about(named), said: 'no idea' })).toBe(words)
  })

  it('say how long a re-drive takes', () => {
    expect(lasting(1, 20)).toBe('within a second')
    expect(lasting(601, 10)).toBe('over 1 min')
  })

  it('spread JSON out and leave the rest as it is', () => {
    expect(readable('{"a":1}')).toBe('{\n  "a": 1\n}')
    expect(readable('{"a":')).toBe('{"a":')
  })
})

describe('filters of dead letters', () => {
  it('know every queue', () => {
    const topics = /class Topic\(StrEnum\):([\s\S]*?)\n\n\n/.exec(fromRoot('schema/enums.py'))?.[1] ?? ''
    expect([...topics.matchAll(/= "(\w+)"/g)].map((m) => m[1])).toEqual(QUEUES)
  })

  it('come back from the address as they went in', () => {
    for (const state of STATES)
      for (const queue of QUEUES) {
        const filters = { state, queue, reason: 'worker_died' }
        expect(parseFilters(searchOf(filters))).toEqual(filters)
      }
    expect(searchOf({ state: 'dead' })).toEqual({})
  })

  it('leave out what is none of ours', () => {
    expect(parseFilters({ state: 'x', queue: 7, reason: '<b>' })).toEqual({ state: 'dead' })
  })
})
