/** The command stack: carries out commands, takes them back, does them again. One gesture is one step. */

import { type Command, describe, editsOf } from './commands'
import { type Edit, type LabelDocument, applyEdits, invertEdits } from './document'

export interface Step {
  readonly what: string
  readonly edits: readonly Edit[]
  /** Steps with the same gesture that follow one another are one. */
  readonly gesture: string | null
}

export interface History {
  readonly document: LabelDocument
  readonly done: readonly Step[]
  readonly undone: readonly Step[]
}

/** So many steps can be taken back; older ones are forgotten. */
const MAX_STEPS = 500

export const historyOf = (document: LabelDocument): History => ({ document, done: [], undone: [] })

/** Carry out a command as one step; the same history when it changes nothing. What was undone is forgotten. */
export function perform(history: History, command: Command, gesture: string | null = null): History {
  const { document, edits } = carryOut(history.document, command)
  if (edits.length === 0) return history
  const last = history.done.at(-1)
  const step: Step = { what: describe(command), edits, gesture }
  const done =
    last !== undefined && gesture !== null && last.gesture === gesture
      ? [...history.done.slice(0, -1), { ...step, edits: [...last.edits, ...edits] }]
      : [...history.done, step].slice(-MAX_STEPS)
  return { document, done, undone: [] }
}

function carryOut(document: LabelDocument, command: Command): { document: LabelDocument; edits: readonly Edit[] } {
  if (command.kind !== 'together') {
    const edits = editsOf(document, command)
    return { document: applyEdits(document, edits), edits }
  }
  const all: Edit[] = []
  let current = document
  for (const one of command.commands) {
    const next = carryOut(current, one)
    current = next.document
    all.push(...next.edits)
  }
  return { document: current, edits: all }
}

/** Take the last step back; the same history when there is none. */
export function undo(history: History): History {
  const step = history.done.at(-1)
  if (step === undefined) return history
  return {
    document: replay(history.document, invertEdits(step.edits)),
    done: history.done.slice(0, -1),
    undone: [...history.undone, step],
  }
}

/** Do the step again that was taken back last; the same history when there is none. */
export function redo(history: History): History {
  const step = history.undone.at(-1)
  if (step === undefined) return history
  return {
    document: replay(history.document, step.edits),
    done: [...history.done, step],
    undone: history.undone.slice(0, -1),
  }
}

/** Edits of a step may come from several commands, each made for the document that the one before left. */
function replay(document: LabelDocument, edits: readonly Edit[]): LabelDocument {
  const touched = new Set(edits.map(({ id }) => id))
  if (touched.size === edits.length) return applyEdits(document, edits)
  return edits.reduce((current, edit) => applyEdits(current, [edit]), document)
}
