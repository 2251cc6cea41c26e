// One contested object: why, who drew what, and the choice.
import { ActionIcon, Tooltip } from '@mantine/core'
import { IconCheck, IconPolygon, IconSquare, IconVectorBezier2 } from '@tabler/icons-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { Kbd } from '@/ui/Kbd'
import type { ClassSpec } from '@/document'
import { classLook } from '@/ui/shapes/classes'
import type { WireObject } from '@/ui/shapes/schema'
import { ObjectFields } from './ObjectFields'
import classes from './verdicts.module.css'
import type { Pencil } from './usePencil'
import { digitOf, sameChoice, type Choice, type Contested, type Review } from './verdicts'
import { causesInWords, classVotes, votesInWords } from './words'

interface Props {
  number: number
  object: Contested
  answers: Review['answers']
  ontology: readonly ClassSpec[]
  choice: Choice | undefined
  selected: boolean
  pencil: Pencil | null
  onSelect: () => void
  onChoose: (choice: Choice) => void
  onPencil: (pencil: Pencil) => void
}

export function DisagreementCard(props: Props) {
  const { number, object, answers, ontology, choice, selected, onSelect } = props
  const card = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (selected) card.current?.scrollIntoView({ block: 'nearest' })
  }, [selected])
  const look = classLook(ontology, object.object.class_id)
  return (
    <li ref={card} className={classes.card} data-selected={selected || undefined} data-object-card={object.object.id}>
      <button type="button" className={classes.cardHead} aria-expanded={selected} onClick={onSelect}>
        <span className={classes.number} data-answered={choice !== undefined || undefined} aria-hidden>
          {choice === undefined ? number : <IconCheck size={12} stroke={3} />}
        </span>
        <span className="pl-grow">
          <b>
            {causesInWords(object.causes)} · {look.name}
          </b>
          <small>
            {object.causes.includes('class') ? `${classVotes(object, ontology)} · ` : ''}
            {votesInWords(object, answers.length)}
          </small>
          {choice !== undefined && !selected ? <small>{choiceInWords(object, choice)}</small> : null}
        </span>
        <span className="pl-hidden">{choice === undefined ? 'no answer yet' : 'answered'}</span>
      </button>
      {selected ? <Choices {...props} /> : null}
    </li>
  )
}

function choiceInWords(object: Contested, choice: Choice): string {
  switch (choice.kind) {
    case 'merged':
      return 'Merged outline'
    case 'remove':
      return 'Removed'
    case 'fix':
      return 'Drawn by you'
    case 'version':
      return `Version ${object.versions.find((v) => v.lease_id === choice.leaseId)?.label ?? '?'}`
  }
}

function Choices({ object, answers, ontology, choice, pencil, onChoose, onPencil }: Props) {
  const name = `choice-${object.object.id}`
  const row = (value: Choice, key: string, children: ReactNode, end: ReactNode = null) => (
    <label className={classes.choice} data-on={sameChoice(choice, value) || undefined}>
      <input
        type="radio"
        name={name}
        checked={sameChoice(choice, value)}
        onChange={() => {
          onChoose(value)
        }}
      />
      {children}
      <span className="pl-grow" />
      {end}
      <Kbd>{key}</Kbd>
    </label>
  )
  return (
    <fieldset className={classes.choices}>
      <legend className="pl-hidden">What stands for this object</legend>
      {row(
        { kind: 'merged' },
        '1',
        <ClassName ontology={ontology} classId={object.object.class_id} suffix="merged" />,
        <span className="pl-faint">
          {object.versions.length} of {answers.length}
        </span>,
      )}
      {object.versions.map((version) => (
        <div key={version.lease_id}>
          {row(
            { kind: 'version', leaseId: version.lease_id },
            String(digitOf(answers, version.lease_id)),
            <ClassName ontology={ontology} classId={version.object.class_id} suffix={`version ${version.label}`} />,
          )}
        </div>
      ))}
      {row({ kind: 'remove' }, 'Del', <span>Remove: nothing is there</span>)}
      {row({ kind: 'fix', fixed: object.object }, 'D', <span>Draw it myself</span>)}
      {choice?.kind === 'fix' ? (
        <FixTools
          object={choice.fixed}
          ontology={ontology}
          pencil={pencil}
          onPencil={onPencil}
          onChange={(fixed) => {
            onChoose({ kind: 'fix', fixed })
          }}
        />
      ) : null}
    </fieldset>
  )
}

const PENCILS: readonly { pencil: Pencil; word: string; Mark: typeof IconSquare }[] = [
  { pencil: 'edit', word: 'Move its points', Mark: IconVectorBezier2 },
  { pencil: 'box', word: 'Draw a box', Mark: IconSquare },
  { pencil: 'polygon', word: 'Draw a polygon', Mark: IconPolygon },
]

interface FixProps {
  object: WireObject
  ontology: readonly ClassSpec[]
  pencil: Pencil | null
  onPencil: (pencil: Pencil) => void
  onChange: (object: WireObject) => void
}

export function FixTools({ object, ontology, pencil, onPencil, onChange }: FixProps) {
  return (
    <div className={classes.fix}>
      <div className="pl-row" role="group" aria-label="Tools">
        {PENCILS.map(({ pencil: one, word, Mark }) => (
          <Tooltip key={one} label={word}>
            <ActionIcon
              variant={pencil === one ? 'filled' : 'default'}
              aria-label={word}
              aria-pressed={pencil === one}
              className={pencil === one ? classes.inHand : undefined}
              onClick={() => {
                onPencil(one)
              }}
            >
              <Mark size={16} stroke={1.75} aria-hidden />
            </ActionIcon>
          </Tooltip>
        ))}
      </div>
      <ObjectFields object={object} ontology={ontology} onChange={onChange} />
    </div>
  )
}

export function ClassName({ ontology, classId, suffix }: { ontology: readonly ClassSpec[]; classId: number; suffix?: string }) {
  const { name, colour } = classLook(ontology, classId)
  return (
    <span className={classes.className}>
      <span className="pl-swatch" style={{ background: colour }} aria-hidden />
      <span>
        {name}
        {suffix === undefined ? null : <span className="pl-soft">, {suffix}</span>}
      </span>
    </span>
  )
}
