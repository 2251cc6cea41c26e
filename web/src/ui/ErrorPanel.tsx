// A refusal or a failure: what happened, what to do, and a way to try again.
import { Button } from '@mantine/core'
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react'
import { isProblem, type ApiProblem } from '@/api/problem'
import { remedyOf } from './remedies'
import classes from './small.module.css'

interface ErrorPanelProps {
  error: unknown
  onRetry?: (() => void) | undefined
}

export function ErrorPanel({ error, onRetry }: ErrorPanelProps) {
  const problem = isProblem(error) ? error : null
  const Mark = problem?.status === 0 ? IconPlugConnectedX : IconAlertTriangle
  return (
    <div className={classes.state} data-tone="bad" role="alert">
      <span className={classes.mark} aria-hidden>
        <Mark size={20} stroke={1.75} />
      </span>
      <h3>{problem?.title ?? 'This page broke'}</h3>
      <p>{problem?.detail ?? 'The fault is ours, not yours. Loading the page again usually helps.'}</p>
      {problem !== null && <Remedy problem={problem} />}
      {onRetry !== undefined && (
        <div className={classes.actions}>
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  )
}

function Remedy({ problem }: { problem: ApiProblem }) {
  const remedy = remedyOf(problem)
  return (
    <p className="pl-small pl-faint">
      {remedy} <code>{problem.code}</code>
      {problem.requestId !== null && <> · request {problem.requestId}</>}
    </p>
  )
}
