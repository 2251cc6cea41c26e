import { expect, it } from 'vitest'
import { ago, bytes, counted, initials, share, span } from './format'

it.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [60, '1 min'],
  [3_600, '1 h'],
  [7_500, '2 h 5 min'],
  [273_600, '3 d 4 h'],
  [1_000_000, '11 d'],
])('%d seconds are %s', (seconds, text) => {
  expect(span(seconds)).toBe(text)
})

it.each([
  [3, 'just now'],
  [400, '6 min ago'],
  [8 * 86_400, '11 Nov 2026'],
])('%d seconds back is %s', (seconds, text) => {
  const now = new Date('2026-11-19T14:20:00Z')

  expect(ago(new Date(now.getTime() - seconds * 1000), now)).toBe(text)
})

it('a share of nothing is not 0 %', () => {
  expect([share(7, 10), share(0, 0)]).toEqual(['70.0 %', null])
})

it.each([
  ['Mara Lindqvist', 'ML'],
  ['ada@example.org', 'AD'],
  ['annotator.12@example.org', 'A1'],
])('%s is %s', (name, letters) => {
  expect(initials(name)).toBe(letters)
})

it('counts agree with their noun', () => {
  expect([counted(1, 'image'), counted(1200, 'image')]).toEqual(['1 image', '1,200 images'])
})

it('sizes use powers of ten', () => {
  expect([bytes(999), bytes(18_234_567)]).toEqual(['999 B', '18.2 MB'])
})
