/** A task that is open here: its lease, its labels, and what keeps both alive. */

import {
  type LabelObject,
  type LabelStore,
  type Ontology,
  type WireObject,
  createLabelStore,
  readObject,
} from '@/document'
import { isProblem } from '@/api/problem'
import { type Lease, findLease, saveDraft } from './calls'
import { DraftSaver } from './draftSaver'
import { beat } from './heartbeat'
import type { Keep } from './keep'

export interface OpenTask {
  readonly lease: Lease
  readonly labels: LabelStore
  readonly ontology: Ontology
  readonly saver: DraftSaver
  readonly openedAt: number
  readonly stopBeating: () => void
}

interface Opening {
  readonly lease: Lease
  readonly memberId: number
  readonly keep: Keep
  /** Work that goes on under this lease, such as an answer that was taken back. */
  readonly objects?: readonly LabelObject[] | undefined
  readonly onLost: (task: OpenTask, error: unknown) => void
  readonly onTrouble: (error: unknown) => void
}

export async function openTask({ lease, memberId, keep, objects, onLost, onTrouble }: Opening): Promise<OpenTask> {
  const labels = createLabelStore(
    objects ? { objects, sequence: sequenceOf(lease), isAhead: true } : await start(lease, memberId, keep),
  )
  if (!lease.holds_seat) labels.actions.close()
  const { lease_id: leaseId, task_id: taskId } = lease
  const lost = (error: unknown): void => onLost(task, error)
  const task: OpenTask = {
    lease,
    labels,
    ontology: {
      classes: lease.ontology.classes.map((spec) => ({
        ...spec,
        attributes: (spec.attributes ?? []).map(readAttribute),
      })),
    },
    openedAt: Date.now(),
    saver: new DraftSaver({
      labels,
      send: (sequence, sent) => saveDraft(leaseId, sequence, sent),
      serverSequence: async () => (await findLease(leaseId))?.draft?.sequence ?? 0,
      keep: (sequence, kept) =>
        keep.put({ leaseId, taskId, memberId, kind: 'draft', sequence, objects: kept, at: Date.now() }),
      forget: (sequence) => keep.forget(leaseId, 'draft', sequence),
      onRefused: (error) => (isProblem(error) && [404, 409].includes(error.status) ? lost(error) : onTrouble(error)),
    }),
    stopBeating: lease.holds_seat ? beat(lease, lost) : () => undefined,
  }
  return task
}

export async function closeTask(task: OpenTask): Promise<void> {
  task.stopBeating()
  await task.saver.stop()
}

const sequenceOf = (lease: Lease): number => lease.draft?.sequence ?? 0

/** The draft (a copy kept here if it is newer), else the answer that came back, else the pre-labels. */
async function start(lease: Lease, memberId: number, keep: Keep) {
  const sequence = sequenceOf(lease)
  const kept = await keep.findDraft(memberId, lease.task_id)
  if (kept !== null && kept.sequence > sequence)
    return { objects: kept.objects, sequence: kept.sequence, isAhead: true }
  const objects = (lease.draft?.objects ?? lease.last_answer ?? lease.prelabels ?? []) as readonly WireObject[]
  return { objects: objects.map(readObject), sequence }
}

type WireClass = Lease['ontology']['classes'][number]
type WireAttribute = NonNullable<WireClass['attributes']>[number]

const readAttribute = ({ key, kind, choices, required }: WireAttribute) => ({
  key,
  kind: kind ?? 'text',
  choices: choices ?? [],
  required: required ?? false,
})
