import { expect, it } from 'vitest'
import { powersOf } from './session'

const named = (kind: 'client' | 'vendor', role: Parameters<typeof powersOf>[0]['role']): string[] =>
  Object.entries(powersOf({ kind, role }))
    .filter(([, has]) => has)
    .map(([name]) => name)

it.each([
  ['vendor', 'annotator', ['labels']],
  ['vendor', 'supervisor', ['oversees', 'labels', 'reviews']],
  ['vendor', 'manager', ['oversees', 'manages']],
  ['client', 'annotator', ['labels']],
  ['client', 'manager', ['oversees', 'manages', 'ownsProjects', 'keepsModels']],
  ['client', 'client', ['oversees', 'keepsModels']],
] as const)('a %s’s %s may: %j', (kind, role, powers) => {
  expect(named(kind, role)).toEqual(powers)
})
