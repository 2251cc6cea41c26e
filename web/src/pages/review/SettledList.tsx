// Below the disagreements: what nobody contests, and what the supervisor added.
import { ActionIcon, Tooltip } from '@mantine/core'
import { IconPencil, IconRestore, IconTrash } from '@tabler/icons-react'
import type { ClassSpec } from '@/document'
import { ratio } from '@/ui/format'
import type { WireObject } from '@/ui/shapes/schema'
import { ClassName, FixTools } from './DisagreementCard'
import classes from './verdicts.module.css'
import type { Pencil } from './usePencil'
import type { Choice, Choices, Contested } from './verdicts'

interface Props {
  settled: readonly Contested[]
  choices: Choices
  ontology: readonly ClassSpec[]
  selected: string | null
  pencil: Pencil | null
  onSelect: (id: string) => void
  onChoose: (id: string, choice: Choice | null) => void
  onAdded: (id: string, object: WireObject | null) => void
  onPencil: (pencil: Pencil) => void
}

export function SettledList(props: Props) {
  const { settled, choices } = props
  return (
    <>
      {choices.added.length > 0 ? (
        <section aria-labelledby="added-objects">
          <h3 id="added-objects" className={`pl-caps ${classes.listHead ?? ''}`}>
            Added by you {choices.added.length}
          </h3>
          <ul>
            {choices.added.map((object) => (
              <Added key={object.id} object={object} {...props} />
            ))}
          </ul>
        </section>
      ) : null}
      {settled.length > 0 ? (
        <section aria-labelledby="settled-objects">
          <h3 id="settled-objects" className={`pl-caps ${classes.listHead ?? ''}`}>
            Agreed {settled.length}
          </h3>
          <ul>
            {settled.map((object) => (
              <Settled key={object.object.id} object={object} {...props} />
            ))}
          </ul>
        </section>
      ) : null}
    </>
  )
}

function Settled({ object, choices, ontology, selected, pencil, onSelect, onChoose, onPencil }: Props & { object: Contested }) {
  const { id } = object.object
  const choice = choices.byObject[id]
  const shown = choice?.kind === 'fix' ? choice.fixed : object.object
  return (
    <li className={classes.settled} data-selected={id === selected || undefined}>
      <div className={classes.settledRow} data-removed={choice?.kind === 'remove' || undefined}>
        <button
          type="button"
          aria-pressed={id === selected}
          onClick={() => {
            onSelect(id)
          }}
        >
          <ClassName ontology={ontology} classId={shown.class_id} />
          <span className="pl-faint pl-small">
            {choice?.kind === 'remove' ? 'removed' : choice?.kind === 'fix' ? 'fixed' : `IoU ${ratio(object.agreement_iou)}`}
          </span>
        </button>
        {choice === undefined ? (
          <>
            <RowButton
              label="Fix"
              Mark={IconPencil}
              onClick={() => {
                onSelect(id)
                onChoose(id, { kind: 'fix', fixed: object.object })
                onPencil('edit')
              }}
            />
            <RowButton
              label="Remove"
              Mark={IconTrash}
              onClick={() => {
                onChoose(id, { kind: 'remove' })
              }}
            />
          </>
        ) : (
          <RowButton
            label="As it was merged"
            Mark={IconRestore}
            onClick={() => {
              onChoose(id, null)
            }}
          />
        )}
      </div>
      {id === selected && choice?.kind === 'fix' ? (
        <FixTools
          object={choice.fixed}
          ontology={ontology}
          pencil={pencil}
          onPencil={onPencil}
          onChange={(fixed) => {
            onChoose(id, { kind: 'fix', fixed })
          }}
        />
      ) : null}
    </li>
  )
}

function Added({ object, ontology, selected, pencil, onSelect, onAdded, onPencil }: Props & { object: WireObject }) {
  return (
    <li className={classes.settled} data-selected={object.id === selected || undefined}>
      <div className={classes.settledRow}>
        <button
          type="button"
          aria-pressed={object.id === selected}
          onClick={() => {
            onSelect(object.id)
          }}
        >
          <ClassName ontology={ontology} classId={object.class_id} />
          <span className="pl-faint pl-small">added</span>
        </button>
        <RowButton
          label="Delete"
          Mark={IconTrash}
          onClick={() => {
            onAdded(object.id, null)
          }}
        />
      </div>
      {object.id === selected ? (
        <FixTools
          object={object}
          ontology={ontology}
          pencil={pencil}
          onPencil={onPencil}
          onChange={(next) => {
            onAdded(object.id, next)
          }}
        />
      ) : null}
    </li>
  )
}

function RowButton({ label, Mark, onClick }: { label: string; Mark: typeof IconTrash; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={24} aria-label={label} onClick={onClick}>
        <Mark size={15} stroke={1.75} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}
