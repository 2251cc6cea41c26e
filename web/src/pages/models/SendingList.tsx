// Uploads on their way, and those that a reload cut short: how far each is, and the ways to halt, go on and give up.
import { Button } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { isProblem } from '@/api/problem'
import { Card } from '@/ui/Card'
import { confirm } from '@/ui/confirm'
import { bytes } from '@/ui/format'
import { remedyOf } from '@/ui/remedies'
import { toastProblem } from '@/ui/toast'
import { abortUpload, listOpenUploads, type Upload } from '@/ui/upload/calls'
import { UploadProgress } from '@/ui/upload/UploadProgress'
import classes from './models.module.css'
import { cancelSending, pauseSending, resumeSending, useSendings, type Sending } from './sending'

const unfinishedKey = ['uploads', 'model', 'open'] as const

interface Props {
  /** Asks for other words about a model whose upload was taken and whose words were refused. */
  onAmend: (sending: Sending) => void
}

export function SendingList({ onAmend }: Props) {
  const sendings = useSendings((store) => store.sendings)
  useWarning(sendings.some(({ phase }) => phase === 'sending' || phase === 'registering'))
  const unfinished = useQuery({ queryKey: unfinishedKey, queryFn: () => listOpenUploads('model'), enabled: sendings.length === 0 })
  const left = sendings.length === 0 ? (unfinished.data ?? []) : []
  if (sendings.length === 0 && left.length === 0) return null
  return (
    <Card title={sendings.length > 0 ? 'On its way' : 'Cut short'} className={classes.sendings}>
      <ul>
        {sendings.map((sending) => (
          <Line key={sending.key} sending={sending} onAmend={onAmend} />
        ))}
        {left.map((upload) => (
          <Unfinished key={upload.id} upload={upload} />
        ))}
      </ul>
    </Card>
  )
}

const PHASE_WORDS = { sending: 'Uploading', paused: 'Paused', registering: 'Taking it in', failed: 'Stopped' } as const

function Line({ sending, onAmend }: Props & { sending: Sending }) {
  const { key, fileName, draft, phase, problem } = sending
  const cancel = async () => {
    const sure = await confirm({
      title: `Give up ${fileName}?`,
      body: 'What was sent so far is thrown away.',
      action: 'Give up',
      danger: true,
    })
    if (sure) await cancelSending(key).catch(toastProblem)
  }
  return (
    <li className={classes.sending}>
      <div className={classes.sendingHead}>
        <b>{draft.name}</b> <span className="pl-soft">{fileName}</span>
        <span className="pl-grow" />
        <span className="pl-small pl-soft" role="status">
          {PHASE_WORDS[phase]}
        </span>
        {phase === 'sending' ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlayerPause size={14} aria-hidden />}
            onClick={() => {
              pauseSending(key)
            }}
          >
            Pause
          </Button>
        ) : null}
        {phase === 'paused' || phase === 'failed' ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            onClick={() => {
              resumeSending(key)
            }}
          >
            {phase === 'paused' ? 'Go on' : 'Try again'}
          </Button>
        ) : null}
        {phase === 'failed' ? (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              onAmend(sending)
            }}
          >
            Change name or version
          </Button>
        ) : null}
        {phase === 'registering' ? null : (
          <Button size="xs" variant="subtle" leftSection={<IconX size={14} aria-hidden />} onClick={() => void cancel()}>
            Give up
          </Button>
        )}
      </div>
      <UploadProgress
        label={`Upload of ${fileName}`}
        done={sending.done}
        total={sending.bytes}
        bytesPerS={sending.bytesPerS}
        paused={phase !== 'sending' && phase !== 'registering'}
      />
      {phase === 'failed' ? (
        <p role="alert" className={classes.problem}>
          {isProblem(problem) ? `${problem.detail} ${remedyOf(problem)}` : 'The browser could not read the file any more; choose it again.'}
        </p>
      ) : null}
    </li>
  )
}

function Unfinished({ upload }: { upload: Upload }) {
  const client = useQueryClient()
  const discard = useMutation({
    mutationFn: () => abortUpload(upload.id),
    onError: toastProblem,
    onSettled: () => client.invalidateQueries({ queryKey: unfinishedKey }),
  })
  const there = Math.min(upload.bytes, upload.received.length * upload.part_bytes)
  return (
    <li className={classes.sending}>
      <div className={classes.sendingHead}>
        <b>{upload.name}</b>
        <span className="pl-soft">
          {bytes(there)} of {bytes(upload.bytes)} are there. Choose the same file again and it goes on from here.
        </span>
        <span className="pl-grow" />
        <Button
          size="xs"
          variant="subtle"
          loading={discard.isPending}
          onClick={() => {
            discard.mutate()
          }}
        >
          Give up
        </Button>
      </div>
    </li>
  )
}

/** Ask before the window is closed on an upload. */
function useWarning(active: boolean): void {
  useEffect(() => {
    if (!active) return
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault()
    }
    window.addEventListener('beforeunload', warn)
    return () => {
      window.removeEventListener('beforeunload', warn)
    }
  }, [active])
}
