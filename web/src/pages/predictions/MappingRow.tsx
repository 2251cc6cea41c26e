// One class of the model: what it becomes, how sure that guess is, and from which score it is shown.
import { NativeSelect } from '@mantine/core'
import type { Schemas } from '@/api/client'
import { classLook } from '@/ui/shapes/classes'
import { thresholdOf, type Row } from './mapping'
import classes from './mapping.module.css'

const LEAVE_OUT = ''

interface Props {
  row: Row
  ontology: readonly Schemas['ClassSpec'][]
  /** What holds where no threshold is set. */
  usualScore: number
  onChange: (row: Row) => void
}

export function MappingRow({ row, ontology, usualScore, onChange }: Props) {
  const { name, classId, threshold, suggested } = row
  const score = threshold ?? usualScore
  return (
    <tr data-out={classId === null || undefined}>
      <th scope="row">
        <span className="pl-faint">{row.index}</span> {name}
      </th>
      <td>
        <span className={classes.becomes}>
          <i
            className="pl-swatch"
            style={{ background: classId === null ? 'transparent' : classLook(ontology, classId).colour }}
            data-none={classId === null || undefined}
            aria-hidden
          />
          <NativeSelect
            size="xs"
            aria-label={`${name} becomes`}
            value={classId === null ? LEAVE_OUT : String(classId)}
            onChange={(event) => {
              const value = event.currentTarget.value
              onChange({ ...row, classId: value === LEAVE_OUT ? null : Number(value) })
            }}
            data={[
              { value: LEAVE_OUT, label: 'leave out' },
              ...ontology.map((spec) => ({ value: String(spec.class_id), label: spec.name })),
            ]}
          />
        </span>
      </td>
      <td>
        {suggested === null ? (
          <span className="pl-faint">none</span>
        ) : suggested.classId === classId ? (
          <span className={classes.taken}>taken, {likenessOf(suggested.likeness)} alike</span>
        ) : (
          <button
            type="button"
            className={classes.suggestion}
            aria-label={`Take the suggestion ${classLook(ontology, suggested.classId).name} for ${name}`}
            onClick={() => {
              onChange({ ...row, classId: suggested.classId })
            }}
          >
            {classLook(ontology, suggested.classId).name}, {likenessOf(suggested.likeness)} alike
          </button>
        )}
      </td>
      <td>
        <span className={classes.threshold}>
          <input
            type="range"
            min={0}
            max={1}
            step={0.01}
            aria-label={`Score of ${name}, slider`}
            disabled={classId === null}
            value={score}
            onChange={(event) => {
              onChange({ ...row, threshold: Number(event.currentTarget.value) })
            }}
          />
          <input
            type="number"
            min={0}
            max={1}
            step={0.01}
            aria-label={`Score of ${name}`}
            disabled={classId === null}
            placeholder={usualScore.toFixed(2)}
            value={threshold ?? ''}
            onChange={(event) => {
              onChange({ ...row, threshold: thresholdOf(event.currentTarget.value) })
            }}
          />
        </span>
      </td>
    </tr>
  )
}

const likenessOf = (likeness: number): string => `${String(Math.round(100 * likeness))} %`
