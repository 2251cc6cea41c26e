/** Sends the document of one task as a draft, shortly after it changed, until it is told to stop. */

import { isProblem } from '@/api/problem'
import { type LabelObject, type LabelStore, currentDocument, isDirty } from '@/document'

export const SAVE_AFTER_MS = 1_500
const KEEP_AFTER_MS = 250
const RETRY_FIRST_MS = 2_000
const RETRY_LAST_MS = 30_000

interface DraftSaverOptions {
  readonly labels: LabelStore
  /** Whether the server keeps it; false when it has a newer one. */
  readonly send: (sequence: number, objects: readonly LabelObject[]) => Promise<boolean>
  /** The sequence of the draft that the server has. */
  readonly serverSequence: () => Promise<number>
  readonly keep: (sequence: number, objects: readonly LabelObject[]) => Promise<void>
  readonly forget: (sequence: number) => Promise<void>
  /** The server takes no draft of this lease any more, or not this one. */
  readonly onRefused: (error: unknown) => void
}

export class DraftSaver {
  private readonly unsubscribe: () => void
  private saveTimer: ReturnType<typeof setTimeout> | undefined
  private keepTimer: ReturnType<typeof setTimeout> | undefined
  private underWay: Promise<void> | null = null
  private failures = 0
  private isStopped = false

  constructor(private readonly options: DraftSaverOptions) {
    const { labels } = options
    this.unsubscribe = labels.subscribe((state, before) => {
      if (state.sequence !== before.sequence) this.onChange()
    })
    if (isDirty(labels.getState())) this.onChange()
    globalThis.addEventListener('online', this.retryNow)
  }

  /** Save now; resolves when all that is there at this moment was tried. */
  async flush(): Promise<void> {
    clearTimeout(this.saveTimer)
    await this.underWay
    if (!this.isStopped && isDirty(this.options.labels.getState())) await this.save()
  }

  /** Send nothing any more; what is under way is waited for, so that it cannot come after the answer. */
  async stop(): Promise<void> {
    this.isStopped = true
    clearTimeout(this.saveTimer)
    clearTimeout(this.keepTimer)
    this.unsubscribe()
    globalThis.removeEventListener('online', this.retryNow)
    await this.underWay
  }

  private onChange(): void {
    clearTimeout(this.keepTimer)
    this.keepTimer = setTimeout(() => this.keepCopy(), KEEP_AFTER_MS)
    if (this.failures === 0) this.saveIn(SAVE_AFTER_MS)
  }

  /** Keep a copy now, for a page that goes away. */
  keepCopy(): void {
    const { labels, keep } = this.options
    const state = labels.getState()
    if (isDirty(state)) void keep(state.sequence, currentDocument(state).objects)
  }

  private readonly retryNow = (): void => {
    if (isDirty(this.options.labels.getState())) this.saveIn(0)
  }

  private saveIn(ms: number): void {
    clearTimeout(this.saveTimer)
    if (!this.isStopped) this.saveTimer = setTimeout(() => void this.save(), ms)
  }

  private save(): Promise<void> {
    this.underWay ??= this.saveOnce().finally(() => {
      this.underWay = null
      const { labels } = this.options
      if (this.failures === 0 && isDirty(labels.getState())) this.saveIn(SAVE_AFTER_MS)
    })
    return this.underWay
  }

  private async saveOnce(): Promise<void> {
    const { labels, send, forget, serverSequence, onRefused } = this.options
    const state = labels.getState()
    labels.actions.saving()
    try {
      const isStored = await send(state.sequence, currentDocument(state).objects)
      this.failures = 0
      // Another window was here: this one, where the person works now, goes on beyond it.
      if (!isStored) return labels.actions.reopen(await serverSequence())
      labels.actions.acknowledge(state.sequence)
      await forget(state.sequence)
    } catch (error) {
      this.failures += 1
      labels.actions.saveFailed()
      if (isProblem(error) && error.isPassing)
        this.saveIn(Math.min(RETRY_FIRST_MS * 2 ** (this.failures - 1), RETRY_LAST_MS))
      else onRefused(error)
    }
  }
}
