// Releases: immutable data sets of what is accepted, with their checksums and files.
import { ActionIcon } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconDownload, IconPackage } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Fragment, useState } from 'react'
import { Card } from '@/ui/Card'
import { Count } from '@/ui/Count'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { bytes, number } from '@/ui/format'
import { Pill, type Tone } from '@/ui/Pill'
import { RelativeTime } from '@/ui/RelativeTime'
import { Rows } from '@/ui/Rows'
import small from '@/ui/small.module.css'
import classes from './overview.module.css'
import { releaseQuery, releasesQuery, type Release } from './releases'

const TONES: Record<Release['state'], Tone | undefined> = { running: 'accent', complete: 'ok', failed: 'bad' }

export function ReleasesCard({ projectId }: { projectId: number }) {
  const query = useQuery(releasesQuery(projectId))
  const releases = query.data?.items ?? []
  return (
    <Card title="Releases" head={releases.length > 0 ? <Count value={releases.length} /> : undefined}>
      {query.isPending && <Rows count={2} />}
      {query.isError && <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && releases.length === 0 && (
        <EmptyState icon={IconPackage} title="No release yet">
          A release is a snapshot of the accepted labels as COCO, with a manifest and its checksum.
        </EmptyState>
      )}
      {releases.length > 0 && <Table releases={[...releases].sort((a, b) => b.id - a.id)} />}
    </Card>
  )
}

function Table({ releases }: { releases: Release[] }) {
  const [open, setOpen] = useState<number | null>(null)
  return (
    <div className={classes.scroll}>
      <table className={small.table}>
        <caption className="pl-hidden">Releases, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Release</th>
            <th scope="col">State</th>
            <th scope="col">Holds</th>
            <th scope="col" data-right>
              Images
            </th>
            <th scope="col" data-right>
              Objects
            </th>
            <th scope="col">Manifest SHA-256</th>
            <th scope="col" data-right>
              Made
            </th>
          </tr>
        </thead>
        <tbody>
          {releases.map((release) => (
            <Fragment key={release.id}>
              <Line
                release={release}
                opened={open === release.id}
                onToggle={() => {
                  setOpen(open === release.id ? null : release.id)
                }}
              />
              {open === release.id && (
                <tr>
                  <td colSpan={7}>
                    <Files releaseId={release.id} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Line({ release, opened, onToggle }: { release: Release; opened: boolean; onToggle: () => void }) {
  const Chevron = opened ? IconChevronDown : IconChevronRight
  return (
    <tr>
      <th scope="row">
        <span className="pl-row">
          <ActionIcon
            size={22}
            aria-expanded={opened}
            aria-label={`Files of release ${String(release.id)}`}
            disabled={release.state !== 'complete'}
            onClick={onToggle}
          >
            <Chevron size={15} aria-hidden />
          </ActionIcon>
          {release.format.toUpperCase()} #{release.id}
        </span>
      </th>
      <td>
        <Pill small tone={TONES[release.state]} title={release.reason ?? undefined}>
          {release.state}
        </Pill>
        {release.state === 'failed' && <span className="pl-small pl-soft"> {release.reason}</span>}
      </td>
      <td className="pl-soft">{release.include === 'votes' ? 'labels and votes' : 'labels'}</td>
      <td data-right>{release.images === null ? '–' : number(release.images)}</td>
      <td data-right>{release.objects === null ? '–' : number(release.objects)}</td>
      <td>
        {release.manifest_sha256 === null ? '–' : <code title={release.manifest_sha256}>{release.manifest_sha256.slice(0, 12)}…</code>}
      </td>
      <td data-right className="pl-soft">
        <RelativeTime at={release.created_at} />
      </td>
    </tr>
  )
}

function Files({ releaseId }: { releaseId: number }) {
  const query = useQuery(releaseQuery(releaseId))
  if (query.isPending) return <Rows count={2} height={26} />
  if (query.isError) return <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
  return (
    <ul className={classes.files}>
      {query.data.files.map((file) => (
        <li key={file.name} className="pl-row">
          <a href={file.url} download={file.name} className="pl-row">
            <IconDownload size={14} stroke={1.75} aria-hidden />
            {file.name}
          </a>
          <span className="pl-faint">{bytes(file.bytes)}</span>
          <code className="pl-faint" title={file.sha256}>
            {file.sha256.slice(0, 12)}…
          </code>
        </li>
      ))}
    </ul>
  )
}
