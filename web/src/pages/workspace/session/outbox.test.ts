import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { objectOf } from '@/document/fixtures'
import type { Keep, Kept } from './keep'
import { Outbox } from './outbox'

const RECEIPT = { lease_id: 5, task_id: 9, version: 1, submitted_at: '2026-07-01T00:00:00Z' }
const answered = (status: number, body: unknown) => () =>
  Promise.resolve(new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } }))

function atWork(left: readonly Kept[] = []) {
  const answers = new Map(left.map((kept) => [kept.leaseId, kept]))
  const keep: Keep = {
    put: (kept) => Promise.resolve(void answers.set(kept.leaseId, kept)),
    forget: (leaseId, kind) => Promise.resolve(void (kind === 'answer' && answers.delete(leaseId))),
    findDraft: () => Promise.resolve(null),
    listAnswers: () => Promise.resolve([...answers.values()]),
  }
  const fetched = vi.spyOn(globalThis, 'fetch')
  const [onSent, onRefused, onWaiting] = [vi.fn(), vi.fn(), vi.fn()]
  const outbox = new Outbox({ keep, memberId: 7, onSent, onRefused, onWaiting })
  return { outbox, answers, fetched, onSent, onRefused, onWaiting }
}

describe('the outbox', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('sends an answer and forgets it when the server has it', async () => {
    const { outbox, answers, fetched, onSent } = atWork()
    fetched.mockImplementation(answered(201, RECEIPT))
    await outbox.post(5, 9, [objectOf('a')])
    expect(onSent).toHaveBeenCalledWith(5, RECEIPT)
    expect(answers.size).toBe(0)
  })

  it('keeps an answer while the server cannot be reached, and sends it when the connection is back', async () => {
    const { outbox, answers, fetched, onSent, onWaiting } = atWork()
    fetched.mockRejectedValueOnce(new TypeError('Failed to fetch'))
    fetched.mockImplementation(answered(201, RECEIPT))
    void outbox.post(5, 9, [])
    await vi.advanceTimersByTimeAsync(10)
    expect(onWaiting).toHaveBeenLastCalledWith(1)
    expect(answers.size).toBe(1)
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(10)
    expect(onSent).toHaveBeenCalledOnce()
    expect(onWaiting).toHaveBeenLastCalledWith(0)
    expect(answers.size).toBe(0)
  })

  it('gives a refused answer back', async () => {
    const { outbox, answers, fetched, onRefused } = atWork()
    fetched.mockImplementation(answered(422, { code: 'invalid_objects', status: 422, title: 'no', detail: 'no' }))
    await outbox.post(5, 9, [])
    expect(onRefused.mock.calls[0]?.[0]).toBe(5)
    expect(answers.size).toBe(0)
  })

  it('keeps an answer for after the next sign-in', async () => {
    const { outbox, answers, fetched } = atWork()
    fetched.mockImplementation(answered(401, { code: 'unauthorized', status: 401, title: 'no', detail: 'no' }))
    await outbox.post(5, 9, [])
    expect(answers.size).toBe(1)
  })

  it('sends what an earlier visit could not', async () => {
    const left: Kept = { leaseId: 5, taskId: 9, memberId: 7, kind: 'answer', sequence: 0, objects: [], at: 0 }
    const { outbox, fetched, onSent } = atWork([left])
    fetched.mockImplementation(answered(200, RECEIPT))
    await outbox.resume()
    await vi.advanceTimersByTimeAsync(10)
    expect(onSent).toHaveBeenCalledOnce()
  })
})
