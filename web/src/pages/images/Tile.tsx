// One image of the grid: its picture with labels, its name and where its task stands.
import {
  IconCircleCheck,
  IconCircleX,
  IconEyeCheck,
  IconHourglass,
  IconPencil,
  IconScale,
  IconSnowflake,
  type Icon,
} from '@tabler/icons-react'
import type { Size } from '@/geometry'
import { LabelledPicture } from '@/ui/shapes/LabelledPicture'
import type { ClassSpec } from '@/ui/shapes/schema'
import type { Item, ItemTask } from './data'
import { STATE_WORDS, type TaskStateName } from './filters'
import classes from './images.module.css'
import { meanOf } from './lineage'

const ICONS: Readonly<Record<TaskStateName, Icon>> = {
  waiting: IconHourglass,
  open: IconPencil,
  deciding: IconScale,
  in_review: IconEyeCheck,
  accepted: IconCircleCheck,
  rejected: IconCircleX,
  cancelled: IconCircleX,
}

interface Props {
  item: Item
  ontology: readonly ClassSpec[]
  showLabels: boolean
  chosen: boolean
  opened: boolean
  onOpen: () => void
  /** `range` when everything since the last choice is meant. */
  onChoose: (range: boolean) => void
}

export function Tile({ item, ontology, showLabels, chosen, opened, onOpen, onChoose }: Props) {
  const name = nameOf(item.key)
  const state = wordOf(item.task)
  return (
    <li className={classes.tile} data-chosen={chosen || undefined} data-opened={opened || undefined}>
      <button
        type="button"
        className={classes.open}
        onClick={onOpen}
        aria-label={`${item.key}, ${state}`}
        aria-expanded={opened}
        data-tile={item.id}
      >
        <span className={classes.picture}>
          <LabelledPicture
            src={item.thumbnail_url}
            alt=""
            size={sizeOf(item)}
            final={showLabels ? item.final : null}
            prelabels={showLabels ? item.prelabels : null}
            ontology={ontology}
          />
          <Score item={item} />
        </span>
        <span className={classes.caption}>
          <b>{name}</b>
          <State task={item.task} />
        </span>
      </button>
      <input
        type="checkbox"
        className={classes.check}
        checked={chosen}
        aria-label={`Choose ${item.key}`}
        onChange={() => undefined}
        onClick={(event) => {
          onChoose(event.shiftKey)
        }}
      />
    </li>
  )
}

export function State({ task }: { task: ItemTask | null }) {
  const Mark = task === null ? null : task.frozen ? IconSnowflake : ICONS[task.state]
  return (
    <span className={classes.state} data-state={task?.frozen ? 'frozen' : task?.state}>
      {Mark === null ? null : <Mark size={14} stroke={1.75} aria-hidden />}
      {wordOf(task)}
    </span>
  )
}

function Score({ item }: { item: Item }) {
  if (item.final !== null || item.prelabels === null) return null
  const mean = meanOf(item.prelabels.flatMap(({ score }) => (typeof score === 'number' ? [score] : [])))
  if (mean === null) return null
  const source = sourceOf(item)
  return (
    <span className={classes.score} title={source ?? undefined}>
      {source === null ? `score ${mean.toFixed(2)}` : `${mean.toFixed(2)} · ${source}`}
    </span>
  )
}

/** `weeds-yolo11 3`: which version said what stands as pre-labels; null where nobody may know. */
export function sourceOf({ prelabel_source: source }: Item): string | null {
  if (typeof source?.model !== 'string') return null
  return source.version === null ? source.model : `${source.model} ${source.version}`
}

export const sizeOf = ({ width, height }: Item): Size | null =>
  width === null || height === null ? null : { width, height }

export const nameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1) || key

export function wordOf(task: ItemTask | null): string {
  if (task === null) return 'No task'
  return task.frozen ? 'Frozen' : STATE_WORDS[task.state]
}
