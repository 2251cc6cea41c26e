// Review: the next contested task, its versions side by side, and a verdict on each disagreement.
import { Button, Skeleton } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { IconEyeCheck, IconLock } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { powersOf, useMe } from '@/api/session'
import { useProject } from '@/app/project'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { leaseKey, openLease, queueKey, reviewQuery, type Lease } from './data'
import { Queue } from './Queue'
import classes from './review.module.css'
import { ReviewTask } from './ReviewTask'

export default function ReviewPage() {
  const project = useProject()
  const reviews = powersOf(useMe()).reviews
  useDocumentTitle(`Review · ${project.name} · Plumbline`)
  if (!reviews)
    return (
      <EmptyState icon={IconLock} title="Reviewing is for supervisors">
        The supervisors of the vendor settle what people do not agree on.
      </EmptyState>
    )
  return <Desk key={project.id} projectId={project.id} />
}

/** Holds one lease at a time; the address names it, so that a reload goes on with it. */
function Desk({ projectId }: { projectId: number }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const known = useSearch({ from: '/framed/projects/$projectId/review' }).lease ?? null
  const [paused, setPaused] = useState(false)
  const lease = useQuery({
    queryKey: leaseKey(projectId),
    queryFn: () => openLease(projectId, known),
    enabled: !paused,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  const held = lease.data ?? null
  const leaseId = held?.lease_id

  useEffect(() => {
    if (leaseId === known || leaseId === undefined) return
    void navigate({ to: '.', search: { lease: leaseId }, replace: true })
  }, [leaseId, known, navigate])

  const next = async (rest = false) => {
    setPaused(rest)
    // First the lease, then its name in the address: the effect above writes the name of a lease that is held.
    client.setQueryData(leaseKey(projectId), null)
    await navigate({ to: '.', search: {}, replace: true })
    void client.invalidateQueries({ queryKey: queueKey(projectId) })
    void client.invalidateQueries({ queryKey: ['progress', projectId] })
    if (!rest) await client.refetchQueries({ queryKey: leaseKey(projectId) })
  }

  return (
    <div className={classes.layout}>
      <Queue projectId={projectId} taskId={held?.task_id ?? null} />
      {held === null ? (
        <div className={classes.nothing}>
          {paused ? (
            <EmptyState
              icon={IconEyeCheck}
              title="You hold no review"
              action={
                <Button
                  onClick={() => {
                    setPaused(false)
                  }}
                >
                  Take the next
                </Button>
              }
            >
              What you gave back went to the others.
            </EmptyState>
          ) : lease.isError ? (
            <ErrorPanel error={lease.error} onRetry={() => void lease.refetch()} />
          ) : lease.isFetching ? (
            <Waiting />
          ) : (
            <EmptyState
              icon={IconEyeCheck}
              title="Nothing to review"
              action={
                <Button variant="default" onClick={() => void lease.refetch()}>
                  Look again
                </Button>
              }
            >
              Tasks come here when people do not agree. What somebody else reviews now is not given out twice.
            </EmptyState>
          )}
        </div>
      ) : (
        <Open key={held.lease_id} lease={held} onNext={next} />
      )}
    </div>
  )
}

function Open({ lease, onNext }: { lease: Lease; onNext: (rest?: boolean) => Promise<void> }) {
  const review = useQuery(reviewQuery(lease.lease_id))
  if (review.isError)
    return (
      <div className={classes.nothing}>
        <ErrorPanel error={review.error} onRetry={() => void onNext()} />
      </div>
    )
  if (review.data === undefined)
    return (
      <div className={classes.nothing}>
        <Waiting />
      </div>
    )
  return <ReviewTask lease={lease} review={review.data} onNext={onNext} />
}

function Waiting() {
  return (
    <div className={classes.waiting} aria-busy="true" aria-label="Loading">
      <Skeleton height="62%" radius={9} />
      <Skeleton height="34%" radius={9} />
    </div>
  )
}
