// The tools, one key each, printed on its button.
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconCircleDot,
  IconEye,
  IconEyeOff,
  IconFocusCentered,
  IconHandStop,
  IconPointer,
  IconPolygon,
  IconSquare,
  type Icon,
} from '@tabler/icons-react'
import { useStore } from 'zustand'
import type { ToolId } from '@/tools'
import type { Bench } from '../bench'
import { TOOL_KEYS } from '../keys/useKeys'
import classes from './workspace.module.css'

const ICONS: Readonly<Record<ToolId, Icon>> = {
  select: IconPointer,
  pan: IconHandStop,
  box: IconSquare,
  polygon: IconPolygon,
  point: IconCircleDot,
  extreme: IconFocusCentered,
}
const DRAWS: ReadonlySet<ToolId> = new Set(['box', 'polygon', 'point', 'extreme'])

export function Rail({ bench }: { bench: Bench }) {
  const toolId = useStore(bench.state, (state) => state.toolId)
  const allHidden = useStore(bench.state, (state) => state.allHidden)
  const isDrafting = useStore(bench.state, (state) => state.isDrafting)
  const canUndo = useStore(bench.task.labels, (state) => state.history.done.length > 0)
  const canRedo = useStore(bench.task.labels, (state) => state.history.undone.length > 0)
  return (
    <div className={classes.rail} role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {TOOL_KEYS.map(({ id, key, label }) => (
        <RailButton
          key={id}
          icon={ICONS[id]}
          label={label}
          letter={key}
          isOn={id === toolId}
          isFirstOfGroup={id === 'box'}
          isOff={bench.isReadOnly && DRAWS.has(id)}
          onClick={() => {
            bench.chooseTool(id)
            bench.focus()
          }}
        />
      ))}
      <span className="pl-grow" />
      <RailButton
        icon={allHidden ? IconEyeOff : IconEye}
        label={allHidden ? 'Show all objects' : 'Hide all objects'}
        letter="Q"
        isOn={allHidden}
        onClick={() => bench.setAllHidden(!allHidden)}
      />
      <RailButton
        icon={IconArrowBackUp}
        label="Undo"
        letter="⌃Z"
        isOff={!canUndo && !isDrafting}
        onClick={() => bench.undo()}
      />
      <RailButton icon={IconArrowForwardUp} label="Redo" letter="⌃Y" isOff={!canRedo} onClick={() => bench.redo()} />
    </div>
  )
}

interface RailButtonProps {
  icon: Icon
  label: string
  letter: string
  isOn?: boolean
  isOff?: boolean
  isFirstOfGroup?: boolean
  onClick: () => void
}

function RailButton({ icon: Mark, label, letter, isOn, isOff = false, isFirstOfGroup, onClick }: RailButtonProps) {
  return (
    <button
      type="button"
      className={classes.tool}
      data-letter={letter}
      data-first={isFirstOfGroup || undefined}
      aria-label={label}
      aria-pressed={isOn}
      title={`${label} (${letter})`}
      disabled={isOff}
      onClick={onClick}
    >
      <Mark size={19} stroke={1.75} aria-hidden />
    </button>
  )
}
