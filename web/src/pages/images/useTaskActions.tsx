// Runs an action on one task or many: asks for the reason, tells what happened, and reads the grid again.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ReasonDialog } from '@/ui/ReasonDialog'
import { counted } from '@/ui/format'
import { toast, toastProblem } from '@/ui/toast'
import { fitting } from './actions'
import { actOnTasks, itemsKey, type Action, type Item, type ItemTask } from './data'

interface Asked {
  readonly action: Action
  readonly tasks: readonly ItemTask[]
}

const WORDS: Readonly<Record<Action, { verb: string; done: string; what: string; question: string }>> = {
  freeze: {
    verb: 'Freeze',
    done: 'frozen',
    what: 'Nobody new gets frozen work; what somebody holds now can still be sent.',
    question: 'Why is it frozen?',
  },
  unfreeze: { verb: 'Unfreeze', done: 'given out again', what: 'The work is given out again.', question: '' },
  reopen: {
    verb: 'Open again',
    done: 'opened again',
    what: 'A new round begins: the work is voted on again. What was decided stays in the history.',
    question: 'Why is it opened again?',
  },
  cancel: {
    verb: 'Cancel',
    done: 'cancelled',
    what: 'The task ends without a result and takes no more answers.',
    question: 'Why is it cancelled?',
  },
}

export function useTaskActions(projectId: number, onDone: () => void) {
  const client = useQueryClient()
  const [asked, setAsked] = useState<Asked | null>(null)
  const run = useMutation({
    mutationFn: ({ action, tasks, reason }: Asked & { reason: string | null }) => 
      actOnTasks(
        projectId,
        action,
        tasks.map((task) => task.id),
        reason,
      ),
    onSuccess: ({ changed, refused, items }, { action }) => {
      setAsked(null)
      if (changed > 0) toast(`${counted(changed, 'task')} ${WORDS[action].done}`)
      const why = items.find(({ problem }) => problem !== null)?.problem
      if (refused > 0) toast(why ?? '', `${counted(refused, 'task')} refused`)
      onDone()
    },
    onError: toastProblem,
    onSettled: () =>
      Promise.all(
        [itemsKey(projectId), ['task'], ['progress', projectId]].map((queryKey) => client.invalidateQueries({ queryKey })),
      ),
  })

  const ask = (action: Action, items: readonly Item[]) => {
    const tasks = fitting(action, items)
    if (tasks.length === 0) return
    if (action === 'unfreeze') run.mutate({ action, tasks, reason: null })
    else setAsked({ action, tasks })
  }

  const dialog =
    asked === null ? null : (
      <ReasonDialog
        title={`${WORDS[asked.action].verb} ${counted(asked.tasks.length, 'task')}`}
        question={WORDS[asked.action].question}
        action={`${WORDS[asked.action].verb} ${counted(asked.tasks.length, 'task')}`}
        danger={asked.action === 'cancel'}
        busy={run.isPending}
        onSettle={(reason) => {
          run.mutate({ ...asked, reason })
        }}
        onClose={() => {
          setAsked(null)
        }}
      >
        {WORDS[asked.action].what}
      </ReasonDialog>
    )
  return { ask, dialog }
}
