// Re-driving and discarding, for one letter, a choice of them, or all that fit the filter.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { ReasonDialog } from '@/ui/ReasonDialog'
import { counted } from '@/ui/format'
import { toast, toastProblem } from '@/ui/toast'
import { discard, lettersKey, redrive, type Target } from './data'
import { RedriveDialog } from './RedriveDialog'

export interface Chosen {
  readonly target: Target
  readonly count: number
}

type Open = { readonly verb: 'redrive' | 'discard'; readonly chosen: Chosen } | null

export function useDecisions(onDone: () => void) {
  const client = useQueryClient()
  const [open, setOpen] = useState<Open>(null)
  const [done, setDone] = useState<number | null>(null)
  const stopped = useRef(false)
  const close = () => {
    setOpen(null)
    setDone(null)
  }
  const tell = (letters: number) => {
    setDone(letters)
    return !stopped.current
  }
  const run = useMutation({
    mutationFn: ({ chosen, rate, reason }: { chosen: Chosen; rate?: number; reason?: string }) => {
      stopped.current = false
      setDone(0)
      return rate === undefined ? discard(chosen.target, reason ?? '', tell) : redrive(chosen.target, rate, tell)
    },
    onSuccess: (letters, { rate }) => {
      const what = counted(letters, 'letter')
      toast(rate === undefined ? `${what} discarded` : `${what} on ${letters === 1 ? 'its' : 'their'} way back`)
      onDone()
    },
    onError: toastProblem,
    onSettled: () => {
      close()
      return client.invalidateQueries({ queryKey: lettersKey })
    },
  })

  const dialog =
    open === null ? null : open.verb === 'redrive' ? (
      <RedriveDialog
        count={open.chosen.count}
        done={done}
        onBegin={(rate) => {
          run.mutate({ chosen: open.chosen, rate })
        }}
        onStop={() => {
          stopped.current = true
        }}
        onClose={close}
      />
    ) : (
      <ReasonDialog
        title={`Discard ${counted(open.chosen.count, 'letter')}`}
        question={open.chosen.count === 1 ? 'Why is it not needed?' : 'Why are they not needed?'}
        action="Discard"
        danger
        busy={run.isPending}
        onSettle={(reason) => {
          run.mutate({ chosen: open.chosen, reason })
        }}
        onClose={close}
      >
        What {open.chosen.count === 1 ? 'it asks' : 'they ask'} for is not done because of{' '}
        {open.chosen.count === 1 ? 'it' : 'them'}. This cannot be taken back; the message and your reason stay here.
      </ReasonDialog>
    )
  return {
    redrive: (chosen: Chosen) => {
      setOpen({ verb: 'redrive', chosen })
    },
    discard: (chosen: Chosen) => {
      setOpen({ verb: 'discard', chosen })
    },
    dialog,
  }
}
