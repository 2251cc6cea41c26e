// What concerns this person: work that came back, comments, finished releases. Newest first.
import { Button, SegmentedControl } from '@mantine/core'
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconBell,
  IconBook2,
  IconBrain,
  IconMailOpened,
  IconMessage,
  IconPackage,
  type Icon,
} from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { meQuery, useMe } from '@/api/session'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Page } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { usePages } from '@/ui/pages'
import { RelativeTime } from '@/ui/RelativeTime'
import { Rows } from '@/ui/Rows'
import { toastProblem } from '@/ui/toast'
import classes from './inbox.module.css'
import { listNotifications, markRead, textOf, titleOf, type Notification } from './notifications'

const ICONS: Record<string, Icon> = {
  sent_back: IconArrowBackUp,
  reopened: IconArrowBackUp,
  comment: IconMessage,
  release_ready: IconPackage,
  import_ready: IconPackage,
  release_failed: IconAlertTriangle,
  import_failed: IconAlertTriangle,
  guidelines: IconBook2,
  model_ready: IconBrain,
  run_ready: IconBrain,
  model_refused: IconAlertTriangle,
  run_failed: IconAlertTriangle,
}

export default function InboxPage() {
  const [shown, setShown] = useState('all')
  const unread = useMe().unread
  const read = useMarkRead()
  const list = usePages({
    key: ['notifications', shown],
    fetch: (after, signal) => listNotifications(shown === 'unread', after, signal),
    refetchInterval: 30_000,
  })
  return (
    <Page
      title="Inbox"
      hint={unread > 0 ? `${String(unread)} unread` : undefined}
      actions={
        <>
          <SegmentedControl
            aria-label="Which lines"
            size="xs"
            value={shown}
            onChange={setShown}
            data={[
              { value: 'all', label: 'All' },
              { value: 'unread', label: 'Unread' },
            ]}
          />
          <Button
            size="xs"
            variant="default"
            leftSection={<IconMailOpened size={15} stroke={1.75} aria-hidden />}
            disabled={unread === 0}
            onClick={() => {
              read.mutate(null)
            }}
          >
            Mark all as read
          </Button>
        </>
      }
    >
      <div className={classes.column}>
        <Card title={shown === 'unread' ? 'Unread' : 'Everything'}>
          {list.isPending && <Rows count={6} />}
          {list.isError && <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />}
          {list.isSuccess && list.items.length === 0 && (
            <EmptyState icon={IconBell} title={shown === 'unread' ? 'Nothing unread' : 'Nothing has come in yet'}>
              Work that a supervisor sent back, comments on your tasks and finished releases appear here.
            </EmptyState>
          )}
          <ul>
            {list.items.map((one) => (
              <Line
                key={one.id}
                one={one}
                onRead={() => {
                  read.mutate([one.id])
                }}
              />
            ))}
          </ul>
          <Pager {...list} />
        </Card>
      </div>
    </Page>
  )
}

function useMarkRead() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: markRead,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['notifications'] })
      await client.invalidateQueries({ queryKey: meQuery.queryKey })
    },
    onError: toastProblem,
  })
}

function Line({ one, onRead }: { one: Notification; onRead: () => void }) {
  const Mark = ICONS[one.kind] ?? IconBell
  const unread = one.read_at === null
  const text = textOf(one)
  return (
    <li className={classes.line} data-unread={unread || undefined}>
      <span className={classes.mark} aria-hidden>
        <Mark size={16} stroke={1.75} />
      </span>
      <div className="pl-grow">
        <div className={classes.title}>
          {titleOf(one)}
          {unread && <span className="pl-hidden">, unread</span>}
          {one.task_id !== null && <span className="pl-faint"> · task {one.task_id}</span>}
        </div>
        {text !== null && <p className="pl-soft">{text}</p>}
        <div className={classes.foot}>
          <RelativeTime at={one.created_at} />
          <Target one={one} />
        </div>
      </div>
      {unread && (
        <Button size="xs" variant="subtle" onClick={onRead} aria-label={`Mark as read: ${titleOf(one)}`}>
          Mark as read
        </Button>
      )}
    </li>
  )
}

function Target({ one }: { one: Notification }) {
  if (one.kind === 'model_ready' || one.kind === 'model_refused') return <Link to="/models">Open the models</Link>
  if (one.project_id === null) return null
  const params = { projectId: one.project_id }
  if (one.kind === 'sent_back' || one.kind === 'reopened') {
    return (
      <Link to="/projects/$projectId/work" params={params}>
        Go on with it
      </Link>
    )
  }
  if (one.kind === 'run_ready' || one.kind === 'run_failed') {
    return (
      <Link to="/projects/$projectId/models" params={params}>
        Open its results
      </Link>
    )
  }
  return (
    <Link to="/projects/$projectId" params={params}>
      Open the project
    </Link>
  )
}
