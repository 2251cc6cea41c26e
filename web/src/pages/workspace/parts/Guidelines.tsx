// The project's guidelines, and the word that one has read this version of them.
import { Button } from '@mantine/core'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { toastProblem } from '@/ui/toast'
import { acknowledgeGuidelines, getGuidelines } from '../session/calls'
import { Markdown } from './Markdown'
import classes from './workspace.module.css'

const guidelinesQuery = (projectId: number) =>
  queryOptions({ queryKey: ['guidelines', projectId], queryFn: () => getGuidelines(projectId), staleTime: 60_000 })

export function Guidelines({ projectId }: { projectId: number }) {
  const { data, error, refetch } = useQuery(guidelinesQuery(projectId))
  const client = useQueryClient()
  const confirm = useMutation({
    mutationFn: (version: number) => acknowledgeGuidelines(projectId, version),
    onSuccess: () => client.invalidateQueries({ queryKey: guidelinesQuery(projectId).queryKey }),
    onError: toastProblem,
  })
  if (error) return <ErrorPanel error={error} onRetry={() => void refetch()} />
  if (!data) return null
  const { markdown } = data.guidelines
  return (
    <>
      {!data.acknowledged && markdown !== '' && (
        <div className={classes.confirm}>
          <span>Version {data.version} is new to you.</span>
          <Button size="xs" variant="default" loading={confirm.isPending} onClick={() => confirm.mutate(data.version)}>
            I have read it
          </Button>
        </div>
      )}
      <div className={`${classes.prose ?? ''} pl-prose`} tabIndex={0} role="region" aria-label="Guidelines">
        {markdown === '' ? (
          <p className="pl-faint">This project has no guidelines yet.</p>
        ) : (
          <Markdown text={markdown} />
        )}
      </div>
    </>
  )
}
