// What in a project waits for somebody, most urgent first, as far as its counts tell.
import type { Progress } from '@/api/live'
import type { Powers } from '@/api/session'
import { counted } from '@/ui/format'

export type AttentionKind = 'quarantine' | 'review' | 'label' | 'rejected' | 'source' | 'vendor'

export interface AttentionItem {
  kind: AttentionKind
  tone: 'bad' | 'warn' | 'info'
  title: string
  text: string
}

export interface Situation {
  progress: Progress
  powers: Powers
  isClient: boolean
  /** Sources that feed the project; undefined while that is not known. */
  sources?: number | undefined
  /** Vendors engaged for the project; undefined while that is not known. */
  vendors?: number | undefined
}

export function attentionOf({ progress, powers, isClient, sources, vendors }: Situation): AttentionItem[] {
  const items: AttentionItem[] = []
  const { quarantined, in_review: inReview, tasks } = progress
  if (quarantined > 0) {
    items.push({
      kind: 'quarantine',
      tone: 'bad',
      title: `${counted(quarantined, 'image')} in quarantine`,
      text: isClient
        ? 'Each has its reason; most can be replaced in the bucket and tried again.'
        : 'The client sees each with its reason and can replace it.',
    })
  }
  if (inReview > 0) {
    items.push({
      kind: 'review',
      tone: powers.reviews ? 'bad' : 'warn',
      title: `${counted(inReview, 'task')} in review`,
      text: 'People differ on them; a supervisor decides.',
    })
  }
  if (sources === 0) {
    items.push({
      kind: 'source',
      tone: 'warn',
      title: 'No source feeds this project',
      text: 'Images come in once a bucket of yours is connected to it.',
    })
  }
  if (vendors === 0) {
    items.push({
      kind: 'vendor',
      tone: 'warn',
      title: 'No vendor is engaged',
      text: 'Nobody can label before an organisation with annotators is.',
    })
  }
  if ((tasks.rejected ?? 0) > 0) {
    items.push({
      kind: 'rejected',
      tone: 'warn',
      title: `${counted(tasks.rejected ?? 0, 'task')} rejected`,
      text: 'They are left out of every release.',
    })
  }
  if (powers.labels && (tasks.open ?? 0) > 0) {
    items.push({
      kind: 'label',
      tone: 'info',
      title: `${counted(tasks.open ?? 0, 'task')} to label`,
      text: 'Seats are open; the next one is handed to who asks.',
    })
  }
  return items
}
