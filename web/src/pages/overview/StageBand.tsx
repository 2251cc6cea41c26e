// The six stages with their counts, and under them the same drawn to scale. Live: the numbers move as work is done.
import {
  IconCircleCheck,
  IconCloudDown,
  IconEyeCheck,
  IconGitMerge,
  IconHourglass,
  IconPencil,
  type Icon,
} from '@tabler/icons-react'
import type { Progress } from '@/api/live'
import { counted, number, share } from '@/ui/format'
import { StageBar } from '@/ui/StageBar'
import { imagesOf, stagesOf, type StageCount, type StageName } from '@/ui/stages'
import classes from './StageBand.module.css'

const ICONS: Record<StageName, Icon> = {
  arriving: IconCloudDown,
  waiting: IconHourglass,
  open: IconPencil,
  deciding: IconGitMerge,
  review: IconEyeCheck,
  accepted: IconCircleCheck,
}

export function StageBand({ progress }: { progress: Progress }) {
  const stages = stagesOf(progress)
  const images = imagesOf(progress)
  return (
    <div className={classes.band}>
      <ol className={classes.stages} aria-label="Stages, with the number of images in each">
        {stages.map((stage) => (
          <Stage key={stage.name} stage={stage} note={noteOf(stage, progress)} />
        ))}
      </ol>
      <div className={classes.scale}>
        <span>
          <strong>{number(images)}</strong> {images === 1 ? 'image' : 'images'} received
        </span>
        <StageBar stages={stages} />
        <span>{number(progress.quarantined)} quarantined</span>
      </div>
    </div>
  )
}

function Stage({ stage, note }: { stage: StageCount; note: string }) {
  const Mark = ICONS[stage.name]
  return (
    <li className={classes.stage} data-stage={stage.name} data-busy={stage.count > 0 || undefined}>
      <svg className={classes.chevron} aria-hidden viewBox="0 0 12 88" preserveAspectRatio="none">
        <path d="M0,0 L11,44 L0,88" fill="none" stroke="var(--pl-border)" vectorEffect="non-scaling-stroke" />
      </svg>
      <h2 className="pl-caps">
        <Mark size={14} stroke={1.75} aria-hidden /> {stage.title}
      </h2>
      <div className={classes.value} data-testid={`stage-${stage.name}`}>
        {number(stage.count)}
      </div>
      <div className={classes.note}>{note}</div>
    </li>
  )
}

function noteOf(stage: StageCount, progress: Progress): string {
  if (stage.count === 0 && stage.name !== 'open') return stage.name === 'accepted' ? 'none yet' : 'none now'
  switch (stage.name) {
    case 'arriving':
      return 'being read and checked'
    case 'waiting':
      return 'wait for the model'
    case 'open':
      return `${counted(progress.leases_held, 'seat')} worked on now`
    case 'deciding':
      return 'answers are compared'
    case 'review':
      return 'wait for a supervisor'
    case 'accepted':
      return `${share(stage.share, 1) ?? ''} of all`
  }
}
