// The stages that an image passes, as the counts of a project tell them. Order is the order of the way.
import type { Progress } from '@/api/live'

export type StageName = 'arriving' | 'waiting' | 'open' | 'deciding' | 'review' | 'accepted'

export interface StageCount {
  name: StageName
  title: string
  count: number
  /** Of everything that the bar shows, in [0, 1]. */
  share: number
}

const TITLES: Record<StageName, string> = {
  arriving: 'Arriving',
  waiting: 'Pre-label',
  open: 'Open',
  deciding: 'Deciding',
  review: 'In review',
  accepted: 'Accepted',
}

/** Everything on its way; images put aside, and tasks given up, stand outside. */
export function stagesOf(progress: Progress): StageCount[] {
  const { tasks, images } = progress
  const counts: Record<StageName, number> = {
    arriving: images.received ?? 0,
    waiting: tasks.waiting ?? 0,
    open: tasks.open ?? 0,
    deciding: tasks.deciding ?? 0,
    review: tasks.in_review ?? 0,
    accepted: tasks.accepted ?? 0,
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return (Object.keys(TITLES) as StageName[]).map((name) => ({
    name,
    title: TITLES[name],
    count: counts[name],
    share: total === 0 ? 0 : counts[name] / total,
  }))
}

/** Images that are part of the project now. */
export function imagesOf(progress: Progress): number {
  const { received = 0, ready = 0, quarantined = 0 } = progress.images
  return received + ready + quarantined
}
