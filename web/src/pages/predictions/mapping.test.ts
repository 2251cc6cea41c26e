import { describe, expect, it } from 'vitest'
import { countMapped, foundIn, isSame, mappedOf, rowsOf, thresholdOf, withNothing, withRow, withSuggestions, type Row } from './mapping'

const CLASSES = [
  { index: 0, name: 'person' },
  { index: 2, name: 'car' },
  { index: 7, name: 'truck' },
]
const SUGGESTED = [
  { index: 0, name: 'person', class_id: null, likeness: 0.2 },
  { index: 2, name: 'car', class_id: 1, likeness: 1 },
  { index: 7, name: 'truck', class_id: 9, likeness: 0.8 },
]
const USABLE = new Set([1, 2])

const ids = (rows: readonly Row[]) => rows.map(({ classId }) => classId)

describe('a mapping that begins', () => {
  it('takes what the names suggest, and no class that the project has retired', () => {
    const rows = rowsOf(CLASSES, SUGGESTED, null, USABLE)
    expect(ids(rows)).toEqual([null, 1, null])
    expect(rows[1]?.suggested).toEqual({ classId: 1, likeness: 1 })
    expect(rows[2]?.suggested).toBeNull()
  })

  it('takes what was saved, and leaves out what was left out', () => {
    const rows = rowsOf(CLASSES, SUGGESTED, [{ index: 7, class_id: 2, threshold: 0.3 }], USABLE)
    expect(ids(rows)).toEqual([null, null, 2])
    expect(rows[2]?.threshold).toBe(0.3)
  })
})

describe('a mapping that is edited', () => {
  const rows = rowsOf(CLASSES, SUGGESTED, null, USABLE)

  it('saves only classes that become something', () => {
    expect(mappedOf(rows)).toEqual([{ index: 2, class_id: 1, threshold: null }])
    expect(countMapped(rows)).toBe(1)
  })

  it('accepts all suggestions and keeps what was chosen by hand', () => {
    const chosen = withRow(withNothing(rows), { index: 0, name: 'person', classId: 2, threshold: null, suggested: null })
    expect(ids(withSuggestions(chosen))).toEqual([2, 1, null])
  })

  it('leaves all out', () => {
    expect(mappedOf(withNothing(rows))).toEqual([])
  })

  it('knows whether it differs from what is saved', () => {
    const saved = [{ index: 2, class_id: 1 }]
    expect(isSame(rows, saved)).toBe(true)
    expect(isSame(rows, null)).toBe(false)
    expect(isSame(withRow(rows, { index: 2, name: 'car', classId: 1, threshold: 0.4, suggested: null }), saved)).toBe(false)
  })

  it('is searched by name and by number', () => {
    expect(foundIn(rows, 'CAR').map(({ name }) => name)).toEqual(['car'])
    expect(foundIn(rows, '7').map(({ name }) => name)).toEqual(['truck'])
    expect(foundIn(rows, ' ')).toHaveLength(3)
  })
})

it.each([
  ['', null],
  ['0.35', 0.35],
  ['0,35', 0.35],
  ['7', 1],
  ['-1', 0],
  ['x', null],
])('the threshold "%s" is %s', (text, value) => {
  expect(thresholdOf(text)).toBe(value)
})
