// The buckets that feed the project, and whether what was in them before has come in.
import { IconBucket } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Card } from '@/ui/Card'
import { Count } from '@/ui/Count'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Pill } from '@/ui/Pill'
import { Rows } from '@/ui/Rows'
import { feedsQuery, type Feed } from './feeds'
import classes from './overview.module.css'

export function FeedsCard({ projectId }: { projectId: number }) {
  const query = useQuery(feedsQuery(projectId))
  const feeds = query.data?.items ?? []
  return (
    <Card title="Sources" head={feeds.length > 0 ? <Count value={feeds.length} /> : undefined}>
      {query.isPending && <Rows count={2} />}
      {query.isError && <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && feeds.length === 0 && (
        <EmptyState icon={IconBucket} title="Nothing feeds this project">
          Images come in once a source, a bucket of yours, is connected to it.
        </EmptyState>
      )}
      <ul className={classes.list}>
        {feeds.map((feed) => (
          <li key={feed.source_id}>
            <span className={`pl-grow ${classes.ellipsis ?? ''}`} title={`s3://${feed.bucket}/${feed.prefix}`}>
              {feed.source ?? feed.bucket}
              <span className={classes.sub}>
                {' '}
                {feed.bucket}/{feed.prefix}
              </span>
            </span>
            <State feed={feed} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function State({ feed }: { feed: Feed }) {
  if (feed.ended_at !== null) return <Pill small>ended</Pill>
  if (feed.filled_at === null) return <Pill small tone="accent">filling</Pill>
  return (
    <Pill small tone="ok">
      connected
    </Pill>
  )
}
