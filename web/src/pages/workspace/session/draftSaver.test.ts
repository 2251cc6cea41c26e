import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, unreachable } from '@/api/problem'
import { add, createLabelStore } from '@/document'
import { objectOf } from '@/document/fixtures'
import { DraftSaver, SAVE_AFTER_MS } from './draftSaver'

const gone = new ApiProblem({ code: 'not_found', status: 404, title: 'gone', detail: 'gone' })

function atWork() {
  const labels = createLabelStore({ objects: [], sequence: 3 })
  const send = vi.fn<(sequence: number, objects: readonly unknown[]) => Promise<boolean>>(() => Promise.resolve(true))
  const keep = vi.fn(() => Promise.resolve())
  const forget = vi.fn(() => Promise.resolve())
  const onRefused = vi.fn()
  const serverSequence = vi.fn(() => Promise.resolve(20))
  const saver = new DraftSaver({ labels, send, serverSequence, keep, forget, onRefused })
  let drawn = 0
  const draw = (): void => labels.actions.perform(add(objectOf(String((drawn += 1)))))
  const sequences = (): number[] => send.mock.calls.map(([sequence]) => sequence)
  return { labels, send, keep, forget, onRefused, saver, draw, sequences, state: () => labels.getState().saveState }
}

describe('the draft saver', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('sends several changes once, with the newest sequence', async () => {
    const { draw, sequences, state } = atWork()
    draw()
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS / 2)
    draw()
    expect(sequences()).toEqual([])
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS)
    expect(sequences()).toEqual([5])
    expect(state()).toBe('saved')
  })

  it('keeps a copy before the server has it and forgets it after', async () => {
    const { draw, keep, forget } = atWork()
    draw()
    await vi.advanceTimersByTimeAsync(300)
    expect(keep).toHaveBeenCalledWith(4, [objectOf('1')])
    expect(forget).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS)
    expect(forget).toHaveBeenCalledWith(4)
  })

  it('sends again what changed while it was sending', async () => {
    const { draw, send, sequences } = atWork()
    send.mockImplementationOnce(() => {
      draw()
      return Promise.resolve(true)
    })
    draw()
    await vi.advanceTimersByTimeAsync(3 * SAVE_AFTER_MS)
    expect(sequences()).toEqual([4, 5])
  })

  it('tries again by itself while the server cannot be reached, and at once when the connection is back', async () => {
    const { draw, send, sequences, state } = atWork()
    send.mockRejectedValue(unreachable())
    draw()
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS)
    expect(state()).toBe('offline')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(sequences()).toHaveLength(2)
    send.mockResolvedValue(true)
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(10)
    expect(state()).toBe('saved')
  })

  it('says when the server refuses for good, and does not ask again', async () => {
    const { draw, send, onRefused, sequences } = atWork()
    send.mockRejectedValue(gone)
    draw()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(onRefused).toHaveBeenCalledWith(gone)
    expect(sequences()).toHaveLength(1)
  })

  it('goes on beyond the draft of another window', async () => {
    const { draw, send, sequences } = atWork()
    send.mockResolvedValueOnce(false)
    draw()
    await vi.advanceTimersByTimeAsync(3 * SAVE_AFTER_MS)
    expect(sequences()).toEqual([4, 21])
  })

  it('sends nothing after it was stopped, and waits for what is under way', async () => {
    const { draw, send, saver } = atWork()
    let answer: (isStored: boolean) => void = () => undefined
    send.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)))
    draw()
    await vi.advanceTimersByTimeAsync(SAVE_AFTER_MS)
    let isStopped = false
    const stopping = saver.stop().then(() => (isStopped = true))
    await vi.advanceTimersByTimeAsync(100)
    expect(isStopped).toBe(false)
    answer(true)
    await stopping
    draw()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(send).toHaveBeenCalledTimes(1)
  })
})
