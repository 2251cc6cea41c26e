// How a project stands at this moment: stages, agreement, releases, and what waits for somebody.
import { useQuery } from '@tanstack/react-query'
import { useLiveness } from '@/api/live'
import { progressQuery } from '@/api/queries'
import { powersOf, useMe } from '@/api/session'
import { useProject } from '@/app/project'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Page } from '@/ui/Page'
import { Pill } from '@/ui/Pill'
import { Rows } from '@/ui/Rows'
import { AgreementCard } from './AgreementCard'
import { attentionOf } from './attention'
import { AttentionCard } from './AttentionCard'
import { ClassesCard } from './ClassesCard'
import { feedsQuery } from './feeds'
import { FeedsCard } from './FeedsCard'
import { LivePill } from './LivePill'
import classes from './overview.module.css'
import { ReleaseButton } from './ReleaseButton'
import { ReleasesCard } from './ReleasesCard'
import { StageBand } from './StageBand'
import { Start } from './Start'
import { VendorsCard } from './VendorsCard'
import { vendorsQuery } from './vendors'

export default function OverviewPage() {
  return powersOf(useMe()).oversees ? <Overview /> : <Start />
}

function Overview() {
  const me = useMe()
  const powers = powersOf(me)
  const project = useProject()
  const isClient = me.kind === 'client'
  const progress = useQuery(progressQuery(project.id))
  const vendors = useQuery({ ...vendorsQuery(project.id), enabled: isClient }).data?.items
  const feeds = useQuery({ ...feedsQuery(project.id), enabled: isClient }).data?.items
  const liveness = useLiveness((store) => store.liveness)
  return (
    <Page
      title="Overview"
      hint={project.archived_at === null ? <LivePill liveness={liveness} /> : <Pill small>archived</Pill>}
      actions={powers.ownsProjects && project.archived_at === null ? <ReleaseButton projectId={project.id} /> : undefined}
    >
      {progress.isPending && <Rows count={3} />}
      {progress.isError && <ErrorPanel error={progress.error} onRetry={() => void progress.refetch()} />}
      {progress.data !== undefined && <StageBand progress={progress.data} />}
      <div className={classes.columns}>
        <div className={classes.centre}>
          <AgreementCard projectId={project.id} ontology={project.ontology} />
          {isClient && <ReleasesCard projectId={project.id} />}
        </div>
        <div className={classes.side}>
          {progress.data !== undefined && (
            <AttentionCard
              projectId={project.id}
              powers={powers}
              isClient={isClient}
              items={attentionOf({
                progress: progress.data,
                powers,
                isClient,
                sources: feeds?.filter((feed) => feed.ended_at === null).length,
                vendors: vendors?.filter((one) => one.ended_at === null).length,
              })}
            />
          )}
          {isClient && <FeedsCard projectId={project.id} />}
          {isClient && <VendorsCard projectId={project.id} />}
          <ClassesCard ontology={project.ontology} version={project.ontology_version} />
        </div>
      </div>
    </Page>
  )
}
