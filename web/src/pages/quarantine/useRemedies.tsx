// Trying again and discarding, for one picture, a choice of them, or all of a reason.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ReasonDialog } from '@/ui/ReasonDialog'
import { confirm } from '@/ui/confirm'
import { counted } from '@/ui/format'
import { toast, toastProblem } from '@/ui/toast'
import { act, quarantineKey, type QuarantinedImage, type Remedy, type Scope, type Target } from './data'

interface AllOfReason {
  readonly scope: Scope
  readonly reason: string | null
  readonly count: number
}

export function useRemedies(projectId: number, onDone: () => void) {
  const client = useQueryClient()
  const [discarding, setDiscarding] = useState<readonly QuarantinedImage[] | null>(null)
  const run = useMutation({
    mutationFn: ({ action, target, reason }: { action: Remedy; target: Target; reason: string | null }) =>
      act(action, target, reason),
    onSuccess: (images, { action }) => {
      setDiscarding(null)
      toast(`${counted(images, 'picture')} ${action === 'retry' ? 'looked at again' : 'discarded'}`)
      onDone()
    },
    onError: toastProblem,
    onSettled: () =>
      Promise.all(
        [quarantineKey, ['progress', projectId]].map((queryKey) => client.invalidateQueries({ queryKey })),
      ),
  })

  const retry = (what: readonly QuarantinedImage[] | AllOfReason) => {
    const target = targetOf(what)
    if (!('count' in what)) {
      run.mutate({ action: 'retry', target, reason: null })
      return
    }
    void confirm({
      title: `Try ${counted(what.count, 'picture')} again`,
      body: 'Each is fetched from its bucket and read anew. What cannot be read comes back here.',
      action: 'Try again',
    }).then((sure) => {
      if (sure) run.mutate({ action: 'retry', target, reason: null })
    })
  }

  const dialog =
    discarding === null ? null : (
      <ReasonDialog
        title={`Discard ${counted(discarding.length, 'picture')}`}
        question="Why are they not needed?"
        action="Discard"
        danger
        busy={run.isPending}
        onSettle={(reason) => {
          run.mutate({ action: 'discard', target: targetOf(discarding), reason })
        }}
        onClose={() => {
          setDiscarding(null)
        }}
      >
        They leave the quarantine for good and are not labelled. The files in your bucket stay as they are; another file
        under the same key is looked at as a new picture.
      </ReasonDialog>
    )
  return { retry, discard: setDiscarding, dialog }
}

function targetOf(what: readonly QuarantinedImage[] | AllOfReason): Target {
  if (!('count' in what)) return { image_ids: what.map((image) => image.id) }
  const { scope, reason } = what
  return { filter: { ...(scope === null ? {} : { project_id: scope }), ...(reason === null ? {} : { reason }) } }
}
