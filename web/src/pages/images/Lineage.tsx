// The vertical line of what happened to an image.
import {
  IconCircleCheck,
  IconCloudDownload,
  IconCpu,
  IconEyeCheck,
  IconGitMerge,
  IconPhoto,
  IconUsers,
  type Icon,
} from '@tabler/icons-react'
import { RelativeTime } from '@/ui/RelativeTime'
import classes from './drawer.module.css'
import type { Step, StepKind } from './lineage'

const ICONS: Readonly<Record<StepKind, Icon>> = {
  event: IconCloudDownload,
  picture: IconPhoto,
  model: IconCpu,
  votes: IconUsers,
  consensus: IconGitMerge,
  review: IconEyeCheck,
  state: IconCircleCheck,
}

export function Lineage({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className={classes.lineage}>
      {steps.map((step, index) => {
        const Mark = ICONS[step.kind]
        return (
          <li key={index} data-tone={step.tone}>
            <span className={classes.stepMark} aria-hidden>
              <Mark size={13} stroke={1.75} />
            </span>
            <div>
              <h4>
                {step.title}
                {step.at === null ? null : <RelativeTime at={step.at} />}
              </h4>
              {step.lines.map((line) => (
                <p key={line}>{line}</p>
              ))}
            </div>
          </li>
        )
      })}
    </ol>
  )
}
