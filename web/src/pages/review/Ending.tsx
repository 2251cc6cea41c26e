// How a review ends: accepted, sent back, rejected, or given back unfinished.
import { Button, Menu } from '@mantine/core'
import { IconAlertTriangle, IconArrowBackUp, IconCheck, IconDots } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { isProblem, type ApiProblem } from '@/api/problem'
import { Kbd } from '@/ui/Kbd'
import { ReasonDialog } from '@/ui/ReasonDialog'
import { toast, toastProblem } from '@/ui/toast'
import { giveBack, sendReview, type Lease } from './data'
import classes from './verdicts.module.css'
import { SendBackDialog } from './SendBackDialog'
import { useKeys } from './useKeys'
import { acceptBody, missingVerdicts, rejectBody, sendBackBody, type Choices, type NewReview, type Review } from './verdicts'
import { missingInWords } from './words'

interface Props {
  lease: Lease
  review: Review
  choices: Choices
  /** The lease went to somebody else, or the task left review. */
  lost: boolean
  onMissing: (objectId: string) => void
  onSent: () => Promise<void>
  onNext: (rest?: boolean) => Promise<void>
}

interface Ending {
  readonly body: NewReview
  readonly done: string
}

const LOST = new Set(['seat_reissued', 'task_closed', 'not_found'])

export function Ending({ lease, review, choices, lost, onMissing, onSent, onNext }: Props) {
  const [asking, setAsking] = useState<'send_back' | 'reject' | null>(null)
  const end = useMutation({
    mutationFn: ({ body }: Ending) => sendReview(lease.lease_id, body),
    onSuccess: (_, { done }) => {
      toast(done)
      return onSent()
    },
    onError: (error) => {
      setAsking(null)
      if (!isProblem(error) || !(LOST.has(error.code) || error.code === 'invalid_objects')) toastProblem(error)
    },
  })
  const missing = missingVerdicts(review.objects, choices)
  const refused = isProblem(end.error) ? end.error : null
  const isLost = lost || (refused !== null && LOST.has(refused.code))

  const accept = () => {
    const [first] = missing
    if (first !== undefined) onMissing(first.object.id)
    else if (!end.isPending && !isLost) end.mutate({ body: acceptBody(review, choices), done: `Task ${review.task_id} accepted` })
  }
  useKeys({ 'Ctrl+Enter': accept })

  if (isLost) return <Lost onNext={onNext} />
  return (
    <footer className={classes.ending}>
      {refused?.code === 'invalid_objects' ? <Faults problem={refused} /> : null}
      <p className={classes.missing} role="status">
        {missingInWords(missing.length)}
      </p>
      <Button
        fullWidth
        size="md"
        leftSection={<IconCheck size={17} aria-hidden />}
        rightSection={<Kbd>Ctrl ↵</Kbd>}
        loading={end.isPending && asking === null}
        data-waiting={missing.length > 0 || undefined}
        onClick={accept}
      >
        {missing.length > 0 ? 'Next without an answer' : 'Accept & next'}
      </Button>
      <div className="pl-row">
        <Button
          className="pl-grow"
          variant="default"
          data-danger
          leftSection={<IconArrowBackUp size={16} aria-hidden />}
          onClick={() => {
            setAsking('send_back')
          }}
        >
          Send back…
        </Button>
        <Menu position="top-end">
          <Menu.Target>
            <Button variant="default" px={9} aria-label="Other endings">
              <IconDots size={16} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              color="red"
              onClick={() => {
                setAsking('reject')
              }}
            >
              Reject the task…
            </Menu.Item>
            <Menu.Item
              onClick={() => {
                giveBack(lease.lease_id).then(() => onNext(true), toastProblem)
              }}
            >
              Give it back unfinished
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {asking === 'send_back' ? (
        <SendBackDialog
          answers={review.answers}
          busy={end.isPending}
          onSend={(leaseIds, feedback) => {
            end.mutate({ body: sendBackBody(leaseIds, feedback), done: `Task ${review.task_id} went back` })
          }}
          onClose={() => {
            setAsking(null)
          }}
        />
      ) : null}
      {asking === 'reject' ? (
        <ReasonDialog
          title={`Reject task ${review.task_id}`}
          question="Why is it rejected?"
          action="Reject the task"
          danger
          busy={end.isPending}
          onSettle={(reason) => {
            end.mutate({ body: rejectBody(reason), done: `Task ${review.task_id} rejected` })
          }}
          onClose={() => {
            setAsking(null)
          }}
        >
          The task ends without labels, and nobody works on it any more. A manager of the client can open it again.
        </ReasonDialog>
      ) : null}
    </footer>
  )
}

function Lost({ onNext }: { onNext: (rest?: boolean) => Promise<void> }) {
  return (
    <footer className={classes.ending} data-lost role="alert">
      <b>
        <IconAlertTriangle size={16} aria-hidden /> This review is not yours any more
      </b>
      <p className="pl-soft">
        The lease ended or the task left review. Your choices stay on this device; they come back if you get the task
        again.
      </p>
      <Button fullWidth onClick={() => void onNext()}>
        Take the next
      </Button>
    </footer>
  )
}

/** What the server found wrong with the objects, each with its remedy. */
function Faults({ problem }: { problem: ApiProblem }) {
  return (
    <ul className={classes.faults} role="alert">
      {faultsOf(problem).map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}

const isFault = (value: unknown): value is { problem: string; remedy: string } =>
  typeof value === 'object' && value !== null && 'problem' in value && 'remedy' in value

function faultsOf(problem: ApiProblem): string[] {
  const { problems } = problem.facts
  const faults = Array.isArray(problems) ? problems.filter(isFault) : []
  return faults.length > 0 ? faults.map((fault) => `${fault.problem}; ${fault.remedy}`) : [problem.detail]
}
