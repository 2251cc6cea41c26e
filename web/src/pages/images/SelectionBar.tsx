// Floats over the grid while images are chosen: what they are, and what can be done with them.
import { Button } from '@mantine/core'
import { IconLock, IconRotateClockwise, IconSnowflake } from '@tabler/icons-react'
import { counted } from '@/ui/format'
import { compositionOf, fitting } from './actions'
import type { Action, Item } from './data'
import { STATE_WORDS } from './filters'
import classes from './images.module.css'

interface Props {
  chosen: readonly Item[]
  shown: number
  rights: ReadonlySet<Action>
  onAct: (action: Action) => void
  onChooseAll: () => void
  onClear: () => void
}

const ACTIONS = [
  { action: 'freeze', word: 'Freeze', Mark: IconSnowflake },
  { action: 'unfreeze', word: 'Unfreeze', Mark: IconLock },
  { action: 'reopen', word: 'Open again', Mark: IconRotateClockwise },
] as const

export function SelectionBar({ chosen, shown, rights, onAct, onChooseAll, onClear }: Props) {
  return (
    <section className={classes.selection} aria-label="Chosen images">
      <div className="pl-row">
        <b role="status">{counted(chosen.length, 'image')} chosen</b>
        <span className="pl-soft pl-small pl-grow">{compositionOf(chosen, STATE_WORDS)}</span>
        {chosen.length < shown ? (
          <button type="button" className={classes.link} onClick={onChooseAll}>
            Choose all {shown} shown
          </button>
        ) : null}
        <button type="button" className={classes.link} onClick={onClear}>
          Clear
        </button>
      </div>
      {rights.size > 0 ? (
        <div className="pl-row">
          {ACTIONS.filter(({ action }) => rights.has(action)).map(({ action, word, Mark }) => {
            const fits = fitting(action, chosen).length
            return (
              <Button
                key={action}
                size="xs"
                variant="default"
                disabled={fits === 0}
                leftSection={<Mark size={14} stroke={1.75} aria-hidden />}
                onClick={() => {
                  onAct(action)
                }}
              >
                {word} {fits > 0 ? fits : ''}
              </Button>
            )
          })}
        </div>
      ) : (
        <p className="pl-faint pl-small">Your role looks on; freezing and opening again is for others.</p>
      )}
    </section>
  )
}
