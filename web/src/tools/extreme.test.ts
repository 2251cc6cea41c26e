import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { polygonShape } from '@/geometry'
import { square } from '@/geometry/fixtures'
import { SLOW_AFTER_MS, type SegmentAnswer, type SegmentQuestion, createExtremeTool } from '.'
import { hand } from './fixtures'

interface Asked {
  readonly question: SegmentQuestion
  readonly signal: AbortSignal
  readonly answer: (side: number) => Promise<void>
  readonly fail: (why: string) => Promise<void>
}

function atWork() {
  const asked: Asked[] = []
  const changed = vi.fn()
  const tool = createExtremeTool({
    changed,
    segment: (question, signal) =>
      new Promise<SegmentAnswer>((resolve, reject) => {
        asked.push({
          question,
          signal,
          answer: async (side) => {
            resolve({ polygon: polygonShape(square(10, 10, side)), tookMs: 180 })
            await vi.advanceTimersByTimeAsync(0)
          },
          fail: async (why) => {
            reject(new Error(why))
            await vi.advanceTimersByTimeAsync(0)
          },
        })
      }),
  })
  const person = hand(tool)
  const four = (): void => {
    for (const [x, y] of [
      [10, 40],
      [40, 10],
      [70, 40],
      [40, 70],
    ] as const)
      person.click(x, y)
  }
  return { asked, changed, person, four, last: (): Asked => asked[asked.length - 1] as Asked }
}

describe('the extreme tool', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('asks once four points are set and makes an assisted polygon', async () => {
    const { asked, changed, person, four, last } = atWork()
    four()
    expect(asked).toHaveLength(1)
    expect(last().question).toEqual({
      points: [
        [10, 40],
        [40, 10],
        [70, 40],
        [40, 70],
      ],
      positive: [],
      negative: [],
    })
    expect(person.hint().tone).toBe('busy')
    await last().answer(60)
    expect(changed).toHaveBeenCalled()
    expect(person.hint().title).toBe('Mask ready')
    person.key('enter')
    expect(person.objects()[0]).toMatchObject({ origin: 'assisted', shape: polygonShape(square(10, 10, 60)) })
    expect(person.steps()).toBe(1)
  })

  it('stays armed for the next object', async () => {
    const { asked, person, four, last } = atWork()
    four()
    await last().answer(60)
    person.key('enter')
    four()
    expect(asked).toHaveLength(2)
    await last().answer(50)
    person.key('enter')
    expect(person.objects()).toHaveLength(2)
  })

  it('sends later clicks with their sign', async () => {
    const { person, four, last } = atWork()
    four()
    await last().answer(60)
    person.click(50, 50)
    person.click(60, 20, { alt: true })
    expect(last().question).toMatchObject({ positive: [[50, 50]], negative: [[60, 20]] })
    expect(person.sketch().marks?.map(({ kind }) => kind)).toEqual([
      ...(['numbered', 'numbered', 'numbered', 'numbered', 'add', 'take'] as const),
    ])
  })

  it('gives the older question up and ignores its answer', async () => {
    const { asked, person, four, last } = atWork()
    four()
    person.click(50, 50)
    expect(asked[0]?.signal.aborted).toBe(true)
    await last().answer(30)
    await asked[0]?.answer(99)
    person.key('enter')
    expect(person.shapes()).toEqual([polygonShape(square(10, 10, 30))])
  })

  it('says when the model is slow, and when it is not any more', async () => {
    const { person, four, last } = atWork()
    four()
    await vi.advanceTimersByTimeAsync(SLOW_AFTER_MS + 1)
    expect(person.hint().title).toContain('slow')
    await last().answer(60)
    expect(person.hint().title).toBe('Mask ready')
  })

  it('says what went wrong, keeps the points and tries again with Enter', async () => {
    const { asked, person, four, last } = atWork()
    four()
    await last().fail('the segmenter does not answer')
    expect(person.hint()).toMatchObject({
      tone: 'bad',
      rest: expect.arrayContaining(['the segmenter does not answer']),
    })
    expect(person.sketch().marks).toHaveLength(4)
    person.key('enter')
    expect(asked).toHaveLength(2)
    await last().answer(60)
    person.key('enter')
    expect(person.objects()).toHaveLength(1)
  })

  it('takes one click back at a time, innermost first', async () => {
    const { asked, person, four, last } = atWork()
    four()
    await last().answer(60)
    person.click(50, 50)
    person.key('undo')
    expect(last().question.positive).toEqual([])
    person.key('backspace')
    expect(person.hint().steps?.done).toBe(3)
    expect(asked[2]?.signal.aborted).toBe(true)
    for (let i = 0; i < 3; i += 1) person.key('undo')
    expect(person.key('undo')).toBe(false)
  })

  it('discards everything with Escape, the question included', () => {
    const { asked, person, four } = atWork()
    four()
    expect(person.key('escape')).toBe(true)
    expect(asked[0]?.signal.aborted).toBe(true)
    expect(person.sketch().marks).toEqual([])
    expect(person.key('escape')).toBe(false)
  })

  it('does not take the same place for two extreme points', () => {
    const { person } = atWork()
    person.click(10, 10)
    person.click(10, 10)
    expect(person.hint().steps?.done).toBe(1)
  })

  it('asks for points inside the picture only', () => {
    const { person, last } = atWork()
    for (const [x, y] of [
      [-10, 40],
      [40, -10],
      [700, 40],
      [40, 700],
    ] as const)
      person.click(x, y)
    expect(last().question.points).toEqual([
      [0, 40],
      [40, 0],
      [200, 40],
      [40, 100],
    ])
  })
})
