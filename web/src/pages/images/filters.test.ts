import { describe, expect, it } from 'vitest'
import { HAS_WORDS, TASK_STATES, chipsOf, parseFilters, withFilter, type Filters } from './filters'

const CLASSES = [{ class_id: 2, name: 'truck', colour: '#ffb454', attributes: [] }]

// What the router does: every value goes through the address as text.
const throughTheAddress = (filters: Filters): Filters =>
  parseFilters(
    Object.fromEntries(new URLSearchParams(Object.entries(filters).map(([k, v]) => [k, String(v)] as [string, string]))),
  )

describe('filters of the images', () => {
  it('come back from the address as they went in', () => {
    for (const state of TASK_STATES)
      for (const has of Object.keys(HAS_WORDS) as (keyof typeof HAS_WORDS)[]) {
        const filters: Filters = { state, has, class_id: 2, key: 'parking/2026 &=#' }
        expect(throughTheAddress(filters)).toEqual(filters)
      }
    expect(throughTheAddress({})).toEqual({})
  })

  it('leave out what is none of theirs', () => {
    expect(parseFilters({ state: 'gone', class_id: '-1', key: '  ', has: 'x', item: 4 })).toEqual({})
    expect(parseFilters({ class_id: 'two' })).toEqual({})
  })

  it('keep a key that the router read as a number', () => {
    expect(parseFilters({ key: 2026 })).toEqual({ key: '2026' })
  })

  it('are set and taken away one at a time', () => {
    const one = withFilter({ state: 'open' }, 'class_id', 2)
    expect(one).toEqual({ state: 'open', class_id: 2 })
    expect(withFilter(one, 'state', null)).toEqual({ class_id: 2 })
  })

  it('have a chip each, in words', () => {
    const chips = chipsOf({ state: 'in_review', class_id: 2, key: 'a/', has: 'final' }, CLASSES)
    expect(chips.map((c) => c.label)).toEqual(['state: in review', 'class: truck', 'has final labels', 'key: a/'])
    expect(chipsOf({}, CLASSES)).toEqual([])
  })
})
