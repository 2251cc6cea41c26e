// What a disagreement is called. Pure.
import type { Schemas } from '@/api/client'
import { counted, ratio } from '@/ui/format'
import { classLook } from '@/ui/shapes/classes'
import type { ClassSpec } from '@/ui/shapes/schema'
import type { Contested } from './verdicts'

const CAUSES: Readonly<Record<Schemas['Cause'], string>> = {
  missing: 'Missed by some',
  extra: 'Drawn by few',
  class: 'Class',
  boundary: 'Outline',
  split_merge: 'Split or merged',
  gold: 'Differs from gold',
  audit: 'Random audit',
  flagged: 'Flagged',
}

export function causesInWords(causes: readonly Schemas['Cause'][]): string {
  const [first, ...others] = causes.map((cause) => CAUSES[cause])
  return first === undefined ? 'Settled' : [first, ...others.map((word) => word.toLowerCase())].join(' and ')
}

/** `truck ×2, car ×1`, the commonest first; the class that people gave, whatever was merged. */
export function classVotes(object: Contested, ontology: readonly ClassSpec[]): string {
  const votes = new Map<number, number>()
  for (const { object: drawn } of object.versions) votes.set(drawn.class_id, (votes.get(drawn.class_id) ?? 0) + 1)
  return [...votes]
    .sort((a, b) => b[1] - a[1])
    .map(([classId, count]) => `${classLook(ontology, classId).name} ×${count}`)
    .join(', ')
}

/** How many of the answers drew it, and how alike if several did: `2 of 3 drew it · IoU 0.71`. */
export function votesInWords(object: Contested, answers: number): string {
  const drawn = `${object.versions.length} of ${answers} drew it`
  return object.agreement_iou === null || object.versions.length < 2 ? drawn : `${drawn} · IoU ${ratio(object.agreement_iou)}`
}

/** What stands between the supervisor and accepting; null when nothing does. */
export const missingInWords = (missing: number): string | null =>
  missing === 0 ? null : `${counted(missing, 'disagreement')} ${missing === 1 ? 'needs' : 'need'} an answer`
