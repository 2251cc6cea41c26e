/**
 * Four extreme points become a mask and an editable polygon. Further clicks correct it: plain ones belong to the thing,
 * with Alt they do not. Each click asks anew and gives up the question before it.
 */

import { type ImagePoint, type PolygonShape, clampToImage, distance } from '@/geometry'
import { add, newObject } from '@/document'
import {
  type Effect,
  type Hint,
  type Pointer,
  type Scene,
  type Sketch,
  type Tool,
  NOTHING,
  isClick,
  refusal,
} from './tool'

export interface SegmentQuestion {
  readonly points: readonly [ImagePoint, ImagePoint, ImagePoint, ImagePoint]
  readonly positive: readonly ImagePoint[]
  readonly negative: readonly ImagePoint[]
}

export interface SegmentAnswer {
  readonly polygon: PolygonShape
  readonly tookMs: number
}

interface ExtremeToolOptions {
  /** Rejects with an error whose message is for the person. */
  readonly segment: (question: SegmentQuestion, signal: AbortSignal) => Promise<SegmentAnswer>
  /** What is drawn or hinted has changed without an event. */
  readonly changed: () => void
}

/** After this long the person is told that the answer takes its time. */
export const SLOW_AFTER_MS = 1_000
/** Clicks after the four, of each kind; the server takes no more. */
const MAX_CLICKS = 50

type Stage = 'placing' | 'asking' | 'slow' | 'ready' | 'failed'

interface Click {
  readonly at: ImagePoint
  readonly sign: 'corner' | 'positive' | 'negative'
}

export function createExtremeTool({ segment, changed }: ExtremeToolOptions): Tool {
  let clicks: readonly Click[] = []
  let stage: Stage = 'placing'
  let answer: SegmentAnswer | null = null
  let failure = ''
  let pressed: Pointer | null = null
  let asked = 0
  let underWay: { readonly abort: AbortController; readonly slow: ReturnType<typeof setTimeout> } | null = null

  const giveUp = (): void => {
    asked += 1
    underWay?.abort.abort()
    if (underWay) clearTimeout(underWay.slow)
    underWay = null
  }

  const reset = (): boolean => {
    const wasUsed = clicks.length > 0
    giveUp()
    clicks = []
    stage = 'placing'
    answer = pressed = null
    return wasUsed
  }

  /** Ask for the clicks as they are; only the answer to the newest question counts. */
  const ask = (): void => {
    giveUp()
    const question = questionOf(clicks)
    if (question === null) {
      stage = 'placing'
      answer = null
      return
    }
    const turn = asked
    const abort = new AbortController()
    const slow = setTimeout(() => settle(turn, () => (stage = 'slow')), SLOW_AFTER_MS)
    underWay = { abort, slow }
    stage = 'asking'
    segment(question, abort.signal).then(
      (found) =>
        settle(turn, () => {
          clearTimeout(slow)
          underWay = null
          answer = found
          stage = 'ready'
        }),
      (error: unknown) =>
        settle(turn, () => {
          clearTimeout(slow)
          underWay = null
          failure = error instanceof Error ? error.message : String(error)
          stage = 'failed'
        }),
    )
  }

  const settle = (turn: number, then: () => void): void => {
    if (turn !== asked) return
    then()
    changed()
  }

  const place = (pointer: Pointer, scene: Scene): readonly Effect[] => {
    const at = clampToImage(pointer.at, scene.image)
    if (clicks.length < 4) {
      if (clicks.some((click) => distance(click.at, at) < 1)) return NOTHING
      clicks = [...clicks, { at, sign: 'corner' }]
    } else {
      const sign = pointer.alt ? 'negative' : 'positive'
      if (clicks.filter((click) => click.sign === sign).length >= MAX_CLICKS)
        return [{ kind: 'say', text: 'That is as many corrections as the model takes; edit the outline by hand.' }]
      clicks = [...clicks, { at, sign }]
    }
    if (clicks.length >= 4) ask()
    return NOTHING
  }

  const takeBack = (): readonly Effect[] | null => {
    if (clicks.length === 0) return null
    clicks = clicks.slice(0, -1)
    ask()
    return NOTHING
  }

  const enter = (scene: Scene): readonly Effect[] | null => {
    if (stage === 'failed') ask()
    else if (stage === 'ready' && answer && scene.activeClass) {
      const object = newObject(scene.newId(), scene.activeClass.class_id, answer.polygon, 'assisted')
      reset()
      return [
        { kind: 'command', command: add(object) },
        { kind: 'select', ids: [object.id] },
      ]
    } else if (clicks.length === 0) return null
    return NOTHING
  }

  return {
    id: 'extreme',
    down: (pointer, scene) => {
      const refused = refusal(scene)
      if (refused) return refused
      pressed = pointer
      return NOTHING
    },
    move: () => NOTHING,
    up: (pointer, scene) => {
      const from = pressed
      pressed = null
      return from && isClick(from, pointer) ? place(from, scene) : NOTHING
    },
    key: (key, scene) => {
      if (key === 'enter') return enter(scene)
      if (key === 'backspace' || key === 'undo') return takeBack()
      return key === 'escape' && reset() ? NOTHING : null
    },
    cancel: reset,
    draw: () => draw(clicks, answer),
    hint: () => hintOf(stage, clicks.length, answer, failure),
    cursor: () => 'crosshair',
  }
}

function questionOf(clicks: readonly Click[]): SegmentQuestion | null {
  const [a, b, c, d] = clicks
  if (!a || !b || !c || !d) return null
  const signed = (sign: Click['sign']): readonly ImagePoint[] =>
    clicks.slice(4).flatMap((click) => (click.sign === sign ? [click.at] : []))
  return { points: [a.at, b.at, c.at, d.at], positive: signed('positive'), negative: signed('negative') }
}

function draw(clicks: readonly Click[], answer: SegmentAnswer | null): Sketch {
  return {
    preview: answer?.polygon ?? null,
    marks: clicks.map(({ at, sign }, i) =>
      sign === 'corner'
        ? { at, kind: 'numbered', text: String(i + 1) }
        : { at, kind: sign === 'positive' ? 'add' : 'take', text: '' },
    ),
  }
}

const DIRECTIONS = ['leftmost', 'topmost', 'rightmost', 'bottommost']

function hintOf(stage: Stage, clicks: number, answer: SegmentAnswer | null, failure: string): Hint {
  const steps = { done: Math.min(clicks, 4), of: 4 }
  const correct = [
    'click to add ·',
    { key: 'Alt' },
    'click to remove',
    { key: 'Enter' },
    'accept',
    { key: 'Esc' },
    'discard',
  ]
  switch (stage) {
    case 'placing':
      return {
        title: 'Extreme points',
        rest:
          clicks === 0
            ? ['click the left-, top-, right- and bottommost points, in any order']
            : [
                `${String(4 - clicks)} more, such as the ${DIRECTIONS[clicks] ?? 'last'} one`,
                { key: '⌫' },
                'back',
                { key: 'Esc' },
                'discard',
              ],
        steps,
      }
    case 'asking':
      return { title: answer ? 'Refining' : 'Finding the outline', rest: ['…'], steps, tone: 'busy' }
    case 'slow':
      return {
        title: 'The model is slow',
        rest: ['still waiting', { key: 'Esc' }, 'discard, draw by hand with', { key: 'P' }],
        steps,
        tone: 'busy',
      }
    case 'ready':
      return { title: 'Mask ready', rest: [...correct, `${String(Math.round(answer?.tookMs ?? 0))} ms`], steps }
    case 'failed':
      return {
        title: 'No mask',
        rest: [failure, { key: 'Enter' }, 'try again', { key: 'P' }, 'draw by hand'],
        steps,
        tone: 'bad',
      }
  }
}
