// The stages drawn to scale, the finished ones first. The numbers stand beside it; the bar alone carries nothing.
import { number } from './format'
import type { StageCount } from './stages'
import classes from './StageBar.module.css'

export function StageBar({ stages, thin = false }: { stages: StageCount[]; thin?: boolean }) {
  const shown = stages.filter((stage) => stage.count > 0).reverse()
  const label = shown.map((stage) => `${number(stage.count)} ${stage.title.toLowerCase()}`).join(', ')
  return (
    <div className={classes.bar} data-thin={thin || undefined} role="img" aria-label={label === '' ? 'nothing yet' : label}>
      {shown.map((stage) => (
        <span
          key={stage.name}
          data-stage={stage.name}
          style={{ flexGrow: stage.count }}
          title={`${stage.title}: ${number(stage.count)}`}
        />
      ))}
    </div>
  )
}
