// The way an answer leaves: once to see what it lacks, once more to send it all the same.
import { useState } from 'react'
import { useStore } from 'zustand'
import { answerOf, check, currentDocument, uncheckedOf } from '@/document'
import type { Bench } from '../bench'
import type { WorkSession } from '../session/session'

export interface Submit {
  readonly press: () => void
  /** What the person should know before the second press; null before the first. */
  readonly question: string | null
  readonly forget: () => void
}

/** The first press says what would be refused or left out; the second sends. */
export function useSubmit(session: WorkSession, bench: Bench): Submit {
  const [asked, setAsked] = useState<{ readonly question: string; readonly sequence: number } | null>(null)
  const { labels, ontology, lease } = bench.task
  const sequence = useStore(labels, (state) => state.sequence)
  const question = asked?.sequence === sequence ? asked.question : null
  return {
    question,
    forget: () => setAsked(null),
    press: () => {
      if (session.state.getState().ended !== null || bench.isReadOnly) return
      if (bench.state.getState().isDrafting) {
        bench.say('Finish or discard what you are drawing first (Enter or Esc).', true)
        return
      }
      const document = currentDocument(labels.getState())
      const [problem, ...others] = check(document, ontology, lease.image)
      if (problem) {
        if (problem.objectId !== null) bench.goTo(problem.objectId)
        const more = others.length ? ` (and ${String(others.length)} more)` : ''
        bench.say(`This would be refused: ${problem.what}${more}`, true)
        return
      }
      const next = questionBefore(uncheckedOf(document).length, answerOf(document).length)
      if (next === null || question !== null) void session.submit()
      else setAsked({ question: next, sequence })
    },
  }
}

function questionBefore(unchecked: number, answered: number): string | null {
  if (unchecked === 1) return '1 unchecked pre-label will not be part of your answer.'
  if (unchecked > 1) return `${String(unchecked)} unchecked pre-labels will not be part of your answer.`
  return answered === 0
    ? 'Nothing is labelled: your answer says that the picture shows nothing of these classes.'
    : null
}
