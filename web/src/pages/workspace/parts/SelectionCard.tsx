// The selected object: what it is, how large, its attributes, and what the server would refuse about it.
import { useStore } from 'zustand'
import { heightOf, shapeBounds, widthOf } from '@/geometry'
import {
  type AttributeSpec,
  type AttributeValue,
  type LabelObject,
  check,
  currentDocument,
  documentOf,
  findClass,
  selectedObject,
} from '@/document'
import { colourOf, nameOf } from '@/render'
import type { Bench } from '../bench'
import { numberOf } from './rows'
import classes from './workspace.module.css'

export function SelectionCard({ bench }: { bench: Bench }) {
  const object = useStore(bench.task.labels, selectedObject)
  const document = useStore(bench.task.labels, currentDocument)
  const isClosed = useStore(bench.task.labels, (state) => state.saveState === 'closed')
  if (object === null) return null
  const { ontology, lease } = bench.task
  const bounds = shapeBounds(object.shape)
  const spec = findClass(ontology, object.class_id)
  const asAnswer: LabelObject = { ...object, origin: 'drawn' }
  const problems = check(documentOf([asAnswer]), ontology, lease.image)
  return (
    <section className={classes.section} aria-label="Selected object">
      <div className="pl-row">
        <i className="pl-swatch" style={{ background: colourOf(ontology, object.class_id) }} aria-hidden />
        <b className={classes.selectedName}>
          {nameOf(ontology, object.class_id)} #{numberOf(document, object.id)}
        </b>
        <span className="pl-grow" />
        {bounds && (
          <span className="pl-faint pl-small">
            {Math.round(widthOf(bounds))} × {Math.round(heightOf(bounds))} px
          </span>
        )}
      </div>
      {(spec?.attributes.length ?? 0) > 0 && (
        <div className={classes.attributes}>
          {spec?.attributes.map((attribute) => (
            <Attribute
              key={attribute.key}
              spec={attribute}
              value={object.attributes[attribute.key] ?? null}
              isOff={bench.isReadOnly || isClosed}
              onChange={(value) =>
                bench.perform(
                  { kind: 'set_attribute', ids: [object.id], key: attribute.key, value },
                  `attribute ${object.id} ${attribute.key}`,
                )
              }
            />
          ))}
        </div>
      )}
      {problems.map(({ what }) => (
        <p key={what} className={classes.wrong}>
          Would be refused: {what}
        </p>
      ))}
    </section>
  )
}

interface AttributeProps {
  spec: AttributeSpec
  value: AttributeValue | null
  isOff: boolean
  onChange: (value: AttributeValue | null) => void
}

const words = (key: string): string => key.replaceAll('_', ' ')

function Attribute({ spec, value, isOff, onChange }: AttributeProps) {
  const label = words(spec.key)
  if (spec.kind === 'boolean')
    return (
      <div className={classes.chips} role="group" aria-label={label}>
        <Chip
          isOn={value === true}
          isOff={isOff}
          onClick={() => onChange(value === true ? (spec.required ? false : null) : true)}
        >
          {label}
        </Chip>
        {spec.required && (
          <Chip isOn={value === false} isOff={isOff} onClick={() => onChange(false)}>
            not {label}
          </Chip>
        )}
      </div>
    )
  if (spec.kind === 'choice')
    return (
      <div className={classes.chips} role="group" aria-label={label}>
        <span className={classes.attributeName}>
          {label}
          {spec.required && ' *'}
        </span>
        {spec.choices.map((choice) => (
          <Chip
            key={choice}
            isOn={value === choice}
            isOff={isOff}
            onClick={() => onChange(value === choice ? null : choice)}
          >
            {words(choice)}
          </Chip>
        ))}
      </div>
    )
  const isNumber = spec.kind === 'number'
  return (
    <label className={classes.field}>
      <span className={classes.attributeName}>
        {label}
        {spec.required && ' *'}
      </span>
      <input
        type={isNumber ? 'number' : 'text'}
        step="any"
        disabled={isOff}
        value={value === null ? '' : String(value)}
        onChange={({ target }) => onChange(target.value === '' ? null : isNumber ? target.valueAsNumber : target.value)}
      />
    </label>
  )
}

function Chip({
  isOn,
  isOff,
  onClick,
  children,
}: {
  isOn: boolean
  isOff: boolean
  onClick: () => void
  children: React.ReactNode
}) {
  return (
    <button type="button" className={classes.chip} aria-pressed={isOn} disabled={isOff} onClick={onClick}>
      {children}
    </button>
  )
}
