// Dead letters in words: reasons, kinds of message, and what one is about. A code added later falls back to itself.
import { span } from '@/ui/format'
import type { Letter } from './data'
import type { LetterState } from './filters'

export const STATE_WORDS: Readonly<Record<LetterState, string>> = {
  dead: 'Waiting',
  redriven: 'Re-driven',
  discarded: 'Discarded',
}

const KINDS: Readonly<Record<string, string>> = {
  s3_event: 'Event of a bucket',
  image: 'Picture to take in',
  key: 'Key to look at',
  feed: 'Source to fill a project from',
  prelabel: 'Task to pre-label',
  decide: 'Task to decide',
  rights: 'Who may work, to be decided',
  release: 'Release to write',
  import: 'Labels to read in',
  model: 'Model to check',
  run: 'Run of a model to go on with',
  chunk: 'Part of a run of a model',
  event: 'Event to tell webhooks of',
  delivery: 'Delivery to a webhook',
  unknown: 'Unknown message',
}

export const KIND_CODES: readonly string[] = Object.keys(KINDS)

const sentence = (code: string): string => {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const kindOf = (kind: string): string => KINDS[kind] ?? sentence(kind)

export const reasonOf = (reason: string): string => sentence(reason)

/** What a letter is about, in the fewest words: its picture, else what it names, else how it begins. */
export function subjectOf({ about, said }: Pick<Letter, 'about' | 'said'>): string {
  if (about.key !== null) return about.key
  const named: readonly (readonly [string, number | null])[] = [
    ['Task', about.task_id],
    ['Image', about.image_id],
    ['Release', about.release_id],
    ['Import', about.import_id],
    ['Webhook', about.webhook_id],
    ['Delivery', about.delivery_id],
    ['Event', about.event_id],
    ['Feed', about.feed_id],
    ['Source', about.source_id],
  ]
  const [word, id] = named.find(([, value]) => value !== null) ?? ['', null]
  return id === null ? said : `${word} ${String(id)}`
}

/** How long a number of letters takes at a rate, in words. */
export function lasting(letters: number, ratePerS: number): string {
  const seconds = Math.max(0, letters - 1) / ratePerS
  return seconds < 1 ? 'within a second' : `over ${span(seconds)}`
}

/** The message as a person reads it: JSON spread out, anything else as it is. */
export function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
