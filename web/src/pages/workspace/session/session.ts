/**
 * One person's stay in the workspace: the task on the table, the next one in the drawer, the last one on its way.
 * At most one lease more than the one in work is held, and it is given back when the person leaves.
 */

import { type StoreApi, createStore } from 'zustand/vanilla'
import { isProblem } from '@/api/problem'
import { type LabelObject, answerOf, currentDocument } from '@/document'
import { prefetchPicture } from '@/render'
import { type Lease, claim, findLease, giveBack, giveBackOnLeave, listHeld, undoSubmit } from './calls'
import { beat } from './heartbeat'
import { type Keep, openKeep } from './keep'
import { type OpenTask, closeTask, openTask } from './openTask'
import { Outbox } from './outbox'

export type Phase = 'opening' | 'working' | 'empty' | 'failed'

export interface Submitted {
  readonly task: OpenTask
  readonly state: 'sending' | 'sent' | 'undoing'
  /** When the undo window ends (ms since 1970). */
  readonly until: number
}

export interface SessionState {
  readonly phase: Phase
  readonly task: OpenTask | null
  /** Why the task on the table takes no work any more. */
  readonly ended: unknown
  readonly problem: unknown
  readonly submitted: Submitted | null
  readonly next: 'none' | 'claiming' | 'loading' | 'ready' | 'empty'
  readonly refused: { readonly task: OpenTask; readonly error: unknown } | null
  readonly waiting: number
  /** Something the person should read; a new object each time. */
  readonly notice: { readonly text: string; readonly tone: 'ok' | 'warn' | 'bad' } | null
}

interface SessionOptions {
  readonly projectId: number
  readonly memberId: number
  /** The lease on the table has changed: the address should say so. */
  readonly onLease: (leaseId: number | null) => void
  readonly keep?: Keep
}

export class WorkSession {
  readonly state: StoreApi<SessionState> = createStore<SessionState>(() => ({
    phase: 'opening',
    task: null,
    ended: null,
    problem: null,
    submitted: null,
    next: 'none',
    refused: null,
    waiting: 0,
    notice: null,
  }))

  /** The class in hand stays in hand from task to task. */
  classInHand: number | null = null

  private readonly keep: Keep
  private readonly outbox: Outbox
  private readonly leaving = new AbortController()
  private next: Lease | null = null
  private stopNextBeat: () => void = () => undefined
  private claiming: Promise<void> | null = null

  constructor(private readonly options: SessionOptions) {
    this.keep = options.keep ?? openKeep()
    this.outbox = new Outbox({
      keep: this.keep,
      memberId: options.memberId,
      onSent: (leaseId) => this.onSent(leaseId),
      onRefused: (leaseId, error) => this.onRefused(leaseId, error),
      onWaiting: (waiting) => this.state.setState({ waiting }),
    })
  }

  /** Begin with a lease that the address names, one that is held already, or a new one. */
  async start(leaseId: number | null): Promise<void> {
    globalThis.addEventListener('pagehide', this.onPageHide)
    void this.outbox.resume()
    await this.guard(async () => {
      const lease = (await this.findOwn(leaseId)) ?? (await this.takeHeldOrClaim())
      await this.show(lease)
    })
  }

  /** Leave: the draft is saved, the lease in work stays (it is found again), the prefetched one is given back. */
  stop(): void {
    this.leaving.abort()
    globalThis.removeEventListener('pagehide', this.onPageHide)
    const { task } = this.state.getState()
    if (task) {
      task.saver.keepCopy()
      void task.saver.flush().then(() => closeTask(task))
    }
    if (this.next) giveBackOnLeave(this.next.lease_id)
    this.setNext(null)
    this.outbox.stop()
  }

  /** Claim anew: after an empty queue, a failure or a lost lease. */
  async again(): Promise<void> {
    await this.guard(async () => {
      await this.putAway()
      this.state.setState({ phase: 'opening', problem: null })
      await this.show(await this.takeHeldOrClaim())
    })
  }

  /** Send the answer in the background and open the next task. */
  async submit(): Promise<void> {
    const { task, ended } = this.state.getState()
    if (task === null || ended !== null) return
    const objects = answerOf(currentDocument(task.labels.getState()))
    task.labels.actions.close()
    const until = Date.now() + task.lease.policy.undo_window_s * 1000
    this.state.setState({ submitted: { task, state: 'sending', until } })
    // A draft that is still under way must not come after the answer: the answer clears the drafts.
    const sent = closeTask(task).then(() => this.outbox.post(task.lease.lease_id, task.lease.task_id, objects))
    await Promise.all([sent, this.goOn()])
  }

  /** Take the last answer back and lay it on the table again; what lies there goes into the drawer. */
  async undo(): Promise<void> {
    const { submitted, task: current } = this.state.getState()
    if (submitted?.state !== 'sent') return
    this.state.setState({ submitted: { ...submitted, state: 'undoing' } })
    try {
      const lease = await undoSubmit(submitted.task.lease.lease_id)
      await this.layAside(current)
      const { document } = submitted.task.labels.getState().history
      await this.show(lease, document.objects)
      this.state.setState({ submitted: null })
      this.notify('The answer is taken back', 'ok')
    } catch (error) {
      this.state.setState({ submitted: null })
      this.notify(isProblem(error) ? error.detail : String(error), 'bad')
    }
  }

  /** Give the work back without an answer; the draft stays with the server. */
  async skip(): Promise<void> {
    const { task, ended } = this.state.getState()
    if (task === null) return
    if (ended === null) {
      await this.guard(async () => {
        await task.saver.flush()
        await closeTask(task)
        await giveBack(task.lease.lease_id)
      })
    }
    await this.goOn()
  }

  /** Open the answer that the server refused, to correct it. */
  async reopenRefused(): Promise<void> {
    const { refused, task } = this.state.getState()
    if (refused === null) return
    await this.guard(async () => {
      const lease = await findLease(refused.task.lease.lease_id)
      if (lease === null) return
      await this.layAside(task)
      await this.show(lease, refused.task.labels.getState().history.document.objects)
      this.state.setState({ refused: null })
    })
  }

  dismissSubmitted(): void {
    if (this.state.getState().submitted?.state !== 'sending') this.state.setState({ submitted: null })
  }

  /** Claim the next task and bring its picture, so that it opens at once. */
  prefetch(): void {
    if (this.next !== null || this.claiming !== null || this.state.getState().next === 'empty') return
    this.state.setState({ next: 'claiming' })
    this.claiming = this.claimNext().finally(() => {
      this.claiming = null
    })
  }

  /** Put a lease into the drawer, or with null take it out; what lies there is kept alive. */
  private setNext(lease: Lease | null): void {
    this.stopNextBeat()
    this.next = lease
    this.stopNextBeat = lease
      ? beat(lease, () => {
          this.setNext(null)
          this.state.setState({ next: 'none' })
        })
      : () => undefined
  }

  private async claimNext(): Promise<void> {
    try {
      const lease = await claim(this.options.projectId)
      if (lease && this.leaving.signal.aborted) return giveBackOnLeave(lease.lease_id)
      this.setNext(lease)
      this.state.setState({ next: lease ? 'loading' : 'empty' })
      if (lease) await prefetchPicture(lease.image.url, this.leaving.signal)
      if (this.next === lease && lease) this.state.setState({ next: 'ready' })
    } catch {
      // It is only ahead of time: whoever needs the task asks again and is told what is wrong.
      if (this.next === null) this.state.setState({ next: 'none' })
    }
  }

  private async goOn(): Promise<void> {
    await this.guard(async () => {
      this.state.setState({ task: null, ended: null, phase: 'opening' })
      // A claim under way would be a second lease beside ours: wait for it.
      if (this.next === null) await this.claiming
      const lease = this.next ?? (await claim(this.options.projectId))
      this.setNext(null)
      this.state.setState({ next: 'none' })
      await this.show(lease)
    })
  }

  private async show(lease: Lease | null, objects?: readonly LabelObject[]): Promise<void> {
    if (lease === null) {
      this.state.setState({ phase: 'empty', task: null, ended: null })
      this.options.onLease(null)
      return
    }
    const task = await openTask({
      lease,
      memberId: this.options.memberId,
      keep: this.keep,
      objects,
      onLost: (lost, error) => this.onLost(lost, error),
      onTrouble: (error) => this.notify(isProblem(error) ? error.detail : String(error), 'bad'),
    })
    if (this.leaving.signal.aborted) return void closeTask(task)
    this.state.setState({ phase: 'working', task, ended: null, problem: null })
    this.options.onLease(lease.lease_id)
    if (objects === undefined && lease.draft !== null && lease.holds_seat) this.notify('Your draft is restored', 'ok')
  }

  /** Put the task on the table into the drawer; what was in the drawer goes back. */
  private async layAside(task: OpenTask | null): Promise<void> {
    await this.claiming
    const other = this.next
    this.setNext(null)
    if (task !== null) {
      await task.saver.flush()
      await closeTask(task)
    }
    const isUsable = task !== null && this.state.getState().ended === null
    if (isUsable && other !== null) void giveBack(other.lease_id).catch(() => undefined)
    // Its draft has moved on since it was claimed.
    this.setNext(isUsable ? await findLease(task.lease.lease_id) : other)
    this.state.setState({ next: this.next ? 'ready' : 'none' })
  }

  private async putAway(): Promise<void> {
    const { task } = this.state.getState()
    if (task) await closeTask(task)
    this.state.setState({ task: null, ended: null, next: 'none' })
  }

  private async findOwn(leaseId: number | null): Promise<Lease | null> {
    const lease = leaseId === null ? null : await findLease(leaseId)
    return lease?.project_id === this.options.projectId && lease.stage === 'label' ? lease : null
  }

  private async takeHeldOrClaim(): Promise<Lease | null> {
    for (const leaseId of await listHeld(this.options.projectId)) {
      const lease = await this.findOwn(leaseId)
      if (lease?.holds_seat) return lease
    }
    return claim(this.options.projectId)
  }

  private onSent(leaseId: number): void {
    const { submitted } = this.state.getState()
    if (submitted?.task.lease.lease_id !== leaseId) return
    // The window opens when the server has the answer.
    const until = Date.now() + submitted.task.lease.policy.undo_window_s * 1000
    this.state.setState({ submitted: { ...submitted, state: 'sent', until } })
  }

  private onRefused(leaseId: number, error: unknown): void {
    const { submitted } = this.state.getState()
    if (submitted?.task.lease.lease_id === leaseId) {
      this.state.setState({ submitted: null, refused: { task: submitted.task, error } })
    } else this.notify(isProblem(error) ? error.detail : String(error), 'bad')
  }

  private onLost(task: OpenTask, error: unknown): void {
    if (this.state.getState().task !== task) return
    task.saver.keepCopy()
    task.labels.actions.close()
    task.stopBeating()
    this.state.setState({ ended: error })
  }

  private notify(text: string, tone: 'ok' | 'warn' | 'bad'): void {
    this.state.setState({ notice: { text, tone } })
  }

  private readonly onPageHide = (): void => {
    this.state.getState().task?.saver.keepCopy()
    if (this.next) giveBackOnLeave(this.next.lease_id)
    this.setNext(null)
    this.state.setState({ next: 'none' })
  }

  private async guard(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (problem) {
      if (!this.leaving.signal.aborted) this.state.setState({ phase: 'failed', problem })
    }
  }
}
