/** Answers on their way: sent in the background, kept until the server has them, tried again while it cannot be reached. */

import { isProblem } from '@/api/problem'
import type { LabelObject } from '@/document'
import type { Schemas } from '@/api/client'
import { submitAnswer } from './calls'
import type { Keep, Kept } from './keep'

const RETRY_FIRST_MS = 2_000
const RETRY_LAST_MS = 30_000

interface OutboxOptions {
  readonly keep: Keep
  readonly memberId: number
  readonly onSent: (leaseId: number, receipt: Schemas['ReceiptBody']) => void
  readonly onRefused: (leaseId: number, error: unknown) => void
  /** How many answers wait for a connection. */
  readonly onWaiting: (count: number) => void
}

export class Outbox {
  private readonly waiting = new Map<number, () => void>()
  private isStopped = false

  constructor(private readonly options: OutboxOptions) {
    globalThis.addEventListener('online', this.retryAll)
  }

  stop(): void {
    this.isStopped = true
    globalThis.removeEventListener('online', this.retryAll)
    this.retryAll()
  }

  /** Send answers that an earlier visit could not. */
  async resume(): Promise<void> {
    for (const kept of await this.options.keep.listAnswers(this.options.memberId)) void this.deliver(kept)
  }

  async post(leaseId: number, taskId: number, objects: readonly LabelObject[]): Promise<void> {
    const { keep, memberId } = this.options
    const kept: Kept = { leaseId, taskId, memberId, kind: 'answer', sequence: 0, objects, at: Date.now() }
    await keep.put(kept)
    await this.deliver(kept)
  }

  private readonly retryAll = (): void => {
    for (const retry of this.waiting.values()) retry()
  }

  private async deliver({ leaseId, objects }: Kept): Promise<void> {
    const { keep, onSent, onRefused } = this.options
    for (let attempt = 0; !this.isStopped; attempt += 1) {
      try {
        const receipt = await submitAnswer(leaseId, objects)
        await keep.forget(leaseId, 'answer')
        await keep.forget(leaseId, 'draft')
        return onSent(leaseId, receipt)
      } catch (error) {
        if (!isProblem(error) || !error.isPassing) {
          // An expired sign-in is no refusal: the answer is sent after the next one.
          if (!isProblem(error) || error.status !== 401) await keep.forget(leaseId, 'answer')
          return onRefused(leaseId, error)
        }
        await this.pause(leaseId, Math.min(RETRY_FIRST_MS * 2 ** attempt, RETRY_LAST_MS))
      }
    }
  }

  private async pause(leaseId: number, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.waiting.set(leaseId, () => {
        clearTimeout(timer)
        resolve()
      })
      this.options.onWaiting(this.waiting.size)
    })
    this.waiting.delete(leaseId)
    this.options.onWaiting(this.waiting.size)
  }
}
