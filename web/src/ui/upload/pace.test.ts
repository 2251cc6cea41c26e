import { expect, it } from 'vitest'
import { Pace } from './pace'

it('says nothing before it has seen two moments', () => {
  const pace = new Pace()
  pace.note(0, 0)
  expect(pace.bytesPerS).toBeNull()
})

it('forgets how fast it was long ago', () => {
  const pace = new Pace()
  for (let second = 0; second <= 10; second += 1) pace.note(second * 1_000, second * 1_000)
  expect(pace.bytesPerS).toBe(1_000)
  for (let second = 11; second <= 30; second += 1) pace.note(10_000 + (second - 10) * 10, second * 1_000)
  expect(pace.bytesPerS).toBe(10)
})
