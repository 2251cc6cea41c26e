// One project: what is labelled, how far it is, and the action that fits the person's role.
import { Button } from '@mantine/core'
import { IconArrowRight, IconEyeCheck, IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Schemas } from '@/api/client'
import { progressQuery } from '@/api/queries'
import { powersOf, useMe } from '@/api/session'
import { ClassChips } from '@/ui/ClassChips'
import { number, share } from '@/ui/format'
import { StageBar } from '@/ui/StageBar'
import { imagesOf, stagesOf } from '@/ui/stages'
import classes from './projects.module.css'

export function ProjectCard({ project }: { project: Schemas['ProjectBody'] }) {
  const { oversees } = powersOf(useMe())
  return (
    <li className={classes.card}>
      <div className={classes.head}>
        <h2>
          <Link to="/projects/$projectId" params={{ projectId: project.id }} className={classes.name}>
            {project.name}
          </Link>
        </h2>
        <span className="pl-faint pl-small">#{project.id}</span>
      </div>
      <ClassChips specs={project.ontology.classes} />
      {oversees ? (
        <Figures projectId={project.id} />
      ) : (
        <div className={classes.foot}>
          <span className="pl-grow" />
          <PrimaryAction projectId={project.id} />
        </div>
      )}
    </li>
  )
}

function Figures({ projectId }: { projectId: number }) {
  const progress = useQuery({ ...progressQuery(projectId), staleTime: 30_000 }).data
  const stages = progress && stagesOf(progress)
  const accepted = progress?.tasks.accepted ?? 0
  const total = stages?.reduce((sum, stage) => sum + stage.count, 0) ?? 0
  return (
    <>
      <div className={classes.progress}>
        <StageBar stages={stages ?? []} />
        <span className="pl-small pl-soft">{share(accepted, total) ?? 'no images yet'}</span>
      </div>
      <div className={classes.foot}>
        <dl className={classes.facts}>
          <Fact term="images" value={progress && imagesOf(progress)} />
          <Fact term="open" value={progress && (progress.tasks.open ?? 0)} />
          <Fact term="in review" value={progress?.in_review} />
          <Fact term="accepted" value={progress && accepted} />
        </dl>
        <PrimaryAction projectId={projectId} />
      </div>
    </>
  )
}

function Fact({ term, value }: { term: string; value: number | undefined }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value === undefined ? '…' : number(value)}</dd>
    </div>
  )
}

function PrimaryAction({ projectId }: { projectId: number }) {
  const powers = powersOf(useMe())
  const params = { projectId }
  if (powers.labels && !powers.reviews) {
    return (
      <Button
        size="xs"
        leftSection={<IconPencil size={15} aria-hidden />}
        renderRoot={(props) => <Link to="/projects/$projectId/work" params={params} {...props} />}
      >
        Label
      </Button>
    )
  }
  if (powers.reviews) {
    return (
      <Button
        size="xs"
        leftSection={<IconEyeCheck size={15} aria-hidden />}
        renderRoot={(props) => <Link to="/projects/$projectId/review" params={params} {...props} />}
      >
        Review
      </Button>
    )
  }
  return (
    <Button
      size="xs"
      variant="default"
      rightSection={<IconArrowRight size={15} aria-hidden />}
      renderRoot={(props) => <Link to="/projects/$projectId" params={params} {...props} />}
    >
      Open
    </Button>
  )
}
