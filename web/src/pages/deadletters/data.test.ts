import { afterEach, describe, expect, it, vi } from 'vitest'
import { discard, redrive } from './data'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** An API that answers one after the other; returns the bodies that it was sent. */
function answering(...answers: readonly object[]): unknown[] {
  const bodies: unknown[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    bodies.push(await request.json())
    return new Response(JSON.stringify(answers[bodies.length - 1]))
  })
  return bodies
}

const go = () => true

describe('decisions about many letters', () => {
  it('go on where the page before ended, at one rate, and leave what died meanwhile', async () => {
    const bodies = answering(
      { letter_ids: [1, 2], left: true, up_to: 9, until_s: 4 },
      { letter_ids: [3], left: false, up_to: 9, until_s: 6 },
    )
    expect(await redrive({ filter: { queue: 'decide' } }, 0.5, go)).toBe(3)
    expect(bodies).toEqual([
      { filter: { queue: 'decide' }, rate_per_s: 0.5, delay_s: 0 },
      { filter: { queue: 'decide', up_to: 9 }, rate_per_s: 0.5, delay_s: 4 },
    ])
  })

  it('stop when they are told to', async () => {
    const bodies = answering({ letter_ids: [1], left: true, up_to: 9, until_s: 1 })
    expect(await redrive({ filter: {} }, 1, () => false)).toBe(1)
    expect(bodies).toHaveLength(1)
  })

  it('name no more letters at once than the API takes', async () => {
    const bodies = answering({ letter_ids: [], left: false, up_to: 1 }, { letter_ids: [7], left: false, up_to: 1 })
    const ids = Array.from({ length: 501 }, (_, i) => i + 1)
    expect(await discard({ letter_ids: ids }, 'old', go)).toBe(1)
    expect(bodies).toEqual([
      { letter_ids: ids.slice(0, 500), reason: 'old' },
      { letter_ids: [501], reason: 'old' },
    ])
  })
})
