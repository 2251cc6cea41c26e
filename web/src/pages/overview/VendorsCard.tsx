// The organisations whose people label here.
import { IconUsersGroup } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Card } from '@/ui/Card'
import { Count } from '@/ui/Count'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { date } from '@/ui/format'
import { Pill } from '@/ui/Pill'
import { Rows } from '@/ui/Rows'
import classes from './overview.module.css'
import { vendorsQuery } from './vendors'

export function VendorsCard({ projectId }: { projectId: number }) {
  const query = useQuery(vendorsQuery(projectId))
  const vendors = query.data?.items ?? []
  return (
    <Card title="Vendors" head={vendors.length > 0 ? <Count value={vendors.length} /> : undefined}>
      {query.isPending && <Rows count={2} />}
      {query.isError && <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && vendors.length === 0 && (
        <EmptyState icon={IconUsersGroup} title="Nobody is engaged">
          A vendor’s people can label from the moment it is engaged for the project.
        </EmptyState>
      )}
      <ul className={classes.list}>
        {vendors.map((one) => (
          <li key={one.vendor_org}>
            <span className={`pl-grow ${classes.ellipsis ?? ''}`}>{one.vendor ?? `Organisation ${String(one.vendor_org)}`}</span>
            {one.ended_at === null ? (
              <span className={classes.sub}>since {date(one.since)}</span>
            ) : (
              <Pill small>ended {date(one.ended_at)}</Pill>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}
