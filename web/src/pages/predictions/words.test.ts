import { describe, expect, it } from 'vitest'
import type { Estimate, Run } from './data'
import { countOf, estimateWords, isNothing, percentOf, progressWords } from './words'

const estimate = (changed: Partial<Estimate>): Estimate => ({
  items: 0,
  is_exact: true,
  known_images: 0,
  seconds: null,
  seconds_per_image: null,
  ...changed,
})

describe('an estimate', () => {
  it('of nothing is the end only where all was looked at', () => {
    expect(isNothing(estimate({}))).toBe(true)
    expect(estimateWords(estimate({}))).toBe('No picture is like that.')
    const soFar = estimate({ is_exact: false })
    expect(isNothing(soFar)).toBe(false)
    expect(estimateWords(soFar)).toBe('None among the first 10,000 looked at; the run looks at the rest.')
  })

  it.each([
    [{ items: 1 }, '1 picture; how long it takes is not known yet.'],
    [{ items: 4_000, is_exact: false, known_images: 3_000, seconds: 90 }, 'At least 4,000 pictures, 3,000 of them seen before; about 1 min on one worker.'],
    [{ items: 3, seconds: 0.2 }, '3 pictures; less than a second of work.'],
  ])('of %j is told', (changed, words) => {
    expect(estimateWords(estimate(changed))).toBe(words)
  })
})

const run = (changed: Partial<Run>): Run =>
  ({ state: 'running', is_cut: true, items: 200, done: 40, failed: 10, ...changed }) as Run

it.each<[Partial<Run>, number | null, string]>([
  [{}, 25, '50 of 200 pictures'],
  [{ is_cut: false, items: 51 }, null, '50 done, still counting'],
  [{ is_cut: false, items: 51, state: 'paused' }, null, '50 done, not all counted yet'],
  [{ is_cut: false, items: 100, state: 'cancelled' }, 50, '50 of at least 100 pictures'],
  [{ items: 0, done: 0, failed: 0, state: 'complete' }, 100, '0 of 0 pictures'],
  [{ items: 0, done: 0, failed: 0 }, 0, '0 of 0 pictures'],
])('progress of %j', (changed, percent, words) => {
  expect(percentOf(run(changed))).toBe(percent)
  expect(progressWords(run(changed))).toBe(words)
})

it('counts of a set that has more say so', () => {
  expect([countOf(10_000, { is_complete: false }), countOf(10_000, { is_complete: true })]).toEqual(['10,000+', '10,000'])
})
