// The last answer for as long as it can be taken back, and what became of one that was refused.
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { isProblem } from '@/api/problem'
import type { Submitted, WorkSession } from '../session/session'
import classes from './workspace.module.css'

export function UndoBar({ session }: { session: WorkSession }) {
  const submitted = useStore(session.state, (state) => state.submitted)
  const refused = useStore(session.state, (state) => state.refused)
  if (refused !== null) {
    const problem = isProblem(refused.error) ? refused.error : null
    const why = problem?.errors[0]?.problem ?? problem?.detail ?? 'The server did not say why.'
    const isOpenStill = problem?.status === 422
    return (
      <div className={classes.snack} data-tone="bad" role="alert">
        <span>
          <b>{fileName(refused.task.lease.image.key)} was refused:</b> {why}
        </span>
        {isOpenStill && (
          <button type="button" className={classes.button} onClick={() => void session.reopenRefused()}>
            Correct it
          </button>
        )}
        <button type="button" className={classes.button} onClick={() => session.state.setState({ refused: null })}>
          Close
        </button>
      </div>
    )
  }
  return submitted && <Countdown key={submitted.task.lease.lease_id} session={session} submitted={submitted} />
}

const fileName = (key: string): string => key.split('/').at(-1) ?? key

function Countdown({ session, submitted }: { session: WorkSession; submitted: Submitted }) {
  const [now, setNow] = useState(() => Date.now())
  const { state, until } = submitted
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now())
      if (Date.now() >= until) session.dismissSubmitted()
    }, 250)
    return () => {
      clearInterval(timer)
    }
  }, [session, until])
  const left = Math.max(Math.ceil((until - now) / 1000), 0)
  return (
    <div className={classes.snack} role="status">
      <span>
        {state === 'sending' ? 'Sending' : 'Submitted'} <b>{fileName(submitted.task.lease.image.key)}</b>
      </span>
      {state === 'sent' && (
        <button type="button" className={classes.button} onClick={() => void session.undo()}>
          Undo <span aria-hidden>{left} s</span>
        </button>
      )}
    </div>
  )
}
