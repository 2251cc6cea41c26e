import { expect, it } from 'vitest'
import { imagesOf, stagesOf } from './stages'

const COUNTS = {
  project_id: 7,
  images: { received: 10, ready: 80, quarantined: 5, superseded: 3 },
  tasks: { open: 60, accepted: 30, cancelled: 4 },
  quarantined: 5,
  in_review: 0,
  leases_held: 2,
}

it('stages stand in the order of the way, with their share of all that is on it', () => {
  const stages = stagesOf(COUNTS)

  expect(stages.map((stage) => stage.name)).toEqual(['arriving', 'waiting', 'open', 'deciding', 'review', 'accepted'])
  expect(stages.map((stage) => stage.share)).toEqual([0.1, 0, 0.6, 0, 0, 0.3])
})

it('an empty project has no shares that are not numbers', () => {
  const empty = { ...COUNTS, images: {}, tasks: {} }

  expect(stagesOf(empty).every((stage) => stage.share === 0)).toBe(true)
})

it('images that were replaced are no longer part of the project', () => {
  expect(imagesOf(COUNTS)).toBe(95)
})
