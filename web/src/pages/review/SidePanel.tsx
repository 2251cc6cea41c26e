// At the right: a card for each disagreement, what was missed, and what nobody contests.
import { Button } from '@mantine/core'
import { IconPlus, IconPolygon, IconSquare } from '@tabler/icons-react'
import { Count } from '@/ui/Count'
import type { WireObject } from '@/ui/shapes/schema'
import { DisagreementCard } from './DisagreementCard'
import classes from './verdicts.module.css'
import { SettledList } from './SettledList'
import type { Pencil } from './usePencil'
import { missingVerdicts, type Choice, type Choices, type Contested, type Review } from './verdicts'

interface Props {
  review: Review
  contested: readonly Contested[]
  settled: readonly Contested[]
  choices: Choices
  selected: string | null
  hand: { readonly pencil: Pencil; readonly adds: boolean } | null
  onSelect: (id: string) => void
  onChoose: (id: string, choice: Choice | null) => void
  onAdded: (id: string, object: WireObject | null) => void
  onPencil: (pencil: Pencil, adds?: boolean) => void
}

export function SidePanel(props: Props) {
  const { review, contested, choices, selected, hand, onSelect, onChoose, onPencil } = props
  const ontology = review.ontology.classes
  const open = missingVerdicts(review.objects, choices).length
  const pencil = hand === null || hand.adds ? null : hand.pencil
  return (
    <div className={classes.sideScroll}>
      <header className={classes.sideHead}>
        <h2>Disagreements</h2>
        <Count value={open} tone={open > 0 ? 'bad' : undefined} />
        <span className="pl-grow" />
        <span className="pl-faint pl-small">
          {contested.length - open} of {contested.length} answered
        </span>
      </header>
      <p className={classes.reason}>{review.reason}</p>
      <ul>
        {contested.map((object, index) => (
          <DisagreementCard
            key={object.object.id}
            number={index + 1}
            object={object}
            answers={review.answers}
            ontology={ontology}
            choice={choices.byObject[object.object.id]}
            selected={object.object.id === selected}
            pencil={pencil}
            onSelect={() => {
              onSelect(object.object.id)
            }}
            onChoose={(choice) => {
              onChoose(object.object.id, choice)
            }}
            onPencil={onPencil}
          />
        ))}
      </ul>
      <div className={classes.missed} role="group" aria-label="Add what everybody missed">
        <IconPlus size={15} aria-hidden />
        <span className="pl-grow">Missed by everybody</span>
        {(['box', 'polygon'] as const).map((kind) => {
          const Mark = kind === 'box' ? IconSquare : IconPolygon
          const on = hand?.adds === true && hand.pencil === kind
          return (
            <Button
              key={kind}
              size="compact-xs"
              variant={on ? 'filled' : 'default'}
              aria-pressed={on}
              leftSection={<Mark size={13} aria-hidden />}
              onClick={() => {
                onPencil(kind, true)
              }}
            >
              {kind === 'box' ? 'Box' : 'Polygon'}
            </Button>
          )
        })}
      </div>
      <SettledList {...props} ontology={ontology} pencil={pencil} />
    </div>
  )
}
