// The choices of one task: kept on this device until they are sent, each step can be taken back.
import { useCallback, useState } from 'react'
import { NO_CHOICES, type Choices } from './verdicts'

const PREFIX = 'plumbline.review.'
const MAX_STEPS = 200

function remembered(taskId: number): Choices {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(`${PREFIX}${taskId}`) ?? 'null')
    return isChoices(kept) ? kept : NO_CHOICES
  } catch {
    return NO_CHOICES // storage can be forbidden, or hold something else
  }
}

const isChoices = (value: unknown): value is Choices =>
  typeof value === 'object' && value !== null && 'byObject' in value && 'added' in value && Array.isArray(value.added)

function remember(taskId: number, choices: Choices | null): void {
  try {
    if (choices === null) localStorage.removeItem(`${PREFIX}${taskId}`)
    else localStorage.setItem(`${PREFIX}${taskId}`, JSON.stringify(choices))
  } catch {
    // the choices then last as long as the page
  }
}

export function useDraft(taskId: number) {
  const [steps, setSteps] = useState<readonly Choices[]>(() => [remembered(taskId)])
  const choices = steps.at(-1) ?? NO_CHOICES

  const change = useCallback(
    (to: (choices: Choices) => Choices) => {
      setSteps((before) => {
        const next = to(before.at(-1) ?? NO_CHOICES)
        remember(taskId, next)
        return [...before, next].slice(-MAX_STEPS)
      })
    },
    [taskId],
  )
  const undo = useCallback(() => {
    setSteps((before) => {
      const left = before.length > 1 ? before.slice(0, -1) : before
      remember(taskId, left.at(-1) ?? null)
      return left
    })
  }, [taskId])
  const forget = useCallback(() => {
    remember(taskId, null)
  }, [taskId])

  return { choices, change, undo, canUndo: steps.length > 1, forget }
}
