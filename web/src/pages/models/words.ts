// Models in words: states, families, tasks, and why one was refused. Pure.
import type { Tone } from '@/ui/Pill'
import type { Schemas } from '@/api/client'
import type { ModelState } from './data'

export const STATES: readonly ModelState[] = ['validating', 'ready', 'refused', 'retired']

export const STATE_WORDS: Readonly<Record<ModelState, string>> = {
  validating: 'Being checked',
  ready: 'Ready',
  refused: 'Refused',
  retired: 'Retired',
}

export const STATE_TONES: Readonly<Record<ModelState, Tone | undefined>> = {
  validating: 'accent',
  ready: 'ok',
  refused: 'bad',
  retired: undefined,
}

export const FAMILY_WORDS: Readonly<Record<Schemas['ModelFamily'], string>> = {
  onnx_yolo: 'ONNX, YOLO',
  onnx_boxes: 'ONNX, boxes',
  onnx_centernet: 'ONNX, CenterNet',
  onnx_semantic: 'ONNX, semantic',
  transformers_detection: 'Transformers, detection',
  transformers_instance: 'Transformers, instances',
  transformers_semantic: 'Transformers, semantic',
  transformers_prompt: 'Transformers, prompts',
}

export const TASK_WORDS: Readonly<Record<Schemas['ModelTask'], string>> = {
  boxes: 'Boxes',
  instances: 'Instance masks',
  semantic: 'Class map',
  keypoints: 'Key points',
  prompt: 'A mask for clicks',
}

export const ALIASES = ['champion', 'candidate'] as const

/** A code such as `zip_slip` as the beginning of a sentence. */
export function reasonOf(reason: string): string {
  const words = reason.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** How a picture becomes an input, such as `640 × 640, letter-boxed`. */
export function inputOf({ height, width, resize, shortest_px, longest_px, multiple_of }: Schemas['InputSpec']): string {
  if (resize === 'shortest_edge')
    return `shorter side to ${String(shortest_px)} px, longer at most ${String(longest_px)} px`
  const fixed = typeof height === 'number' && typeof width === 'number'
  const size = fixed ? `${String(width)} × ${String(height)} px` : `any size in steps of ${String(multiple_of)} px`
  return `${size}, ${resize === 'stretch' ? 'stretched' : 'letter-boxed'}`
}

const counts = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** `25.9M`, the way papers write it. */
export const parametersOf = (parameters: number): string => (parameters === 0 ? '–' : counts.format(parameters))
