import { expect, it } from 'vitest'
import type { WireObject } from '@/ui/shapes/schema'
import { above, tally } from './scores'

const object = (class_id: number, score?: number) => ({ id: String(score), class_id, score }) as unknown as WireObject

it('keeps what is as sure as asked for, and what has no score', () => {
  expect(above([object(1, 0.49), object(1, 0.5), object(1)], 0.5).map(({ score }) => score)).toEqual([0.5, undefined])
})

it('counts by class, most first, and names a class that the project does not know', () => {
  const found = tally([object(2), object(7), object(7)], [{ class_id: 2, name: 'car', colour: '#ffffff' }])
  expect(found.map(({ name, count }) => [name, count])).toEqual([
    ['class 7', 2],
    ['car', 1],
  ])
})
