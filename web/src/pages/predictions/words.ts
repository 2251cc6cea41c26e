// What is said of an estimate, a run and a set: what is known so far only is never told as the whole.
import { counted, number, span } from '@/ui/format'
import type { Estimate, PredictionSet, Run } from './data'

/** Nothing to run on; where only the first pictures were looked at, others may still be like that. */
export const isNothing = ({ items, is_exact: isExact }: Pick<Estimate, 'items' | 'is_exact'>): boolean =>
  items === 0 && isExact

export function estimateWords(estimate: Estimate): string {
  const { items, is_exact: isExact, known_images: known, seconds } = estimate
  if (isNothing(estimate)) return 'No picture is like that.'
  if (items === 0) return 'None among the first 10,000 looked at; the run looks at the rest.'
  const covered = `${isExact ? '' : 'At least '}${counted(items, 'picture')}`
  const seen = known === 0 ? '' : `, ${number(known)} of them seen before`
  return `${covered}${seen}; ${lengthOf(seconds)}.`
}

function lengthOf(seconds: number | null): string {
  if (seconds === null) return 'how long it takes is not known yet'
  return seconds < 1 ? 'less than a second of work' : `about ${span(seconds)} on one worker`
}

type Progress = Pick<Run, 'state' | 'is_cut' | 'items' | 'done' | 'failed'>

/** In [0, 100]; null while its pictures are not all counted: a share of those so far says nothing. */
export function percentOf({ state, is_cut: isCut, items, done, failed }: Progress): number | null {
  if (!isCut && (state === 'running' || state === 'paused')) return null
  if (items === 0) return state === 'complete' ? 100 : 0
  return Math.min(100, (100 * (done + failed)) / items)
}

export function progressWords(run: Progress): string {
  const settled = number(run.done + run.failed)
  if (percentOf(run) === null) return `${settled} done, ${run.state === 'paused' ? 'not all counted yet' : 'still counting'}`
  return `${settled} of ${run.is_cut ? '' : 'at least '}${counted(run.items, 'picture')}`
}

/** `10,000+` where a set has more than is counted. */
export const countOf = (count: number, { is_complete: isComplete }: Pick<PredictionSet, 'is_complete'>): string =>
  `${number(count)}${isComplete ? '' : '+'}`
