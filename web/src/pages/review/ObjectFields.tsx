// The class and attributes of an object that the supervisor fixes or adds.
import { Checkbox, NumberInput, Select, TextInput } from '@mantine/core'
import type { AttributeSpec, ClassSpec } from '@/document'
import type { WireObject } from '@/ui/shapes/schema'
import classes from './verdicts.module.css'

type Attributes = NonNullable<WireObject['attributes']>

interface Props {
  object: WireObject
  ontology: readonly ClassSpec[]
  onChange: (object: WireObject) => void
}

export function ObjectFields({ object, ontology, onChange }: Props) {
  const spec = ontology.find((c) => c.class_id === object.class_id)
  const offered = ontology.filter((c) => c.retired !== true || c === spec)
  const set = (key: string, value: Attributes[string] | null) => {
    const others = Object.entries(object.attributes ?? {}).filter(([name]) => name !== key)
    onChange({ ...object, attributes: Object.fromEntries(value === null ? others : [...others, [key, value]]) })
  }
  return (
    <div className={classes.fields}>
      <Select
        size="xs"
        aria-label="Class"
        allowDeselect={false}
        searchable={offered.length > 8}
        data={offered.map((c) => ({ value: String(c.class_id), label: c.name }))}
        value={String(object.class_id)}
        onChange={(value) => {
          const next = offered.find((c) => String(c.class_id) === value)
          if (next !== undefined) onChange(withClass(object, next))
        }}
      />
      {spec?.attributes.map((attribute) => (
        <AttributeField
          key={attribute.key}
          attribute={attribute}
          value={object.attributes?.[attribute.key] ?? null}
          onChange={(value) => {
            set(attribute.key, value)
          }}
        />
      ))}
    </div>
  )
}

/** Attributes that the new class has too stay; the others go. */
function withClass(object: WireObject, to: ClassSpec): WireObject {
  const keeps = new Set(to.attributes.map(({ key }) => key))
  const kept = Object.entries(object.attributes ?? {}).filter(([key]) => keeps.has(key))
  return { ...object, class_id: to.class_id, attributes: Object.fromEntries(kept) }
}

interface FieldProps {
  attribute: AttributeSpec
  value: Attributes[string] | null
  onChange: (value: Attributes[string] | null) => void
}

function AttributeField({ attribute, value, onChange }: FieldProps) {
  const label = attribute.key.replaceAll('_', ' ')
  const common = { size: 'xs', label, required: attribute.required } as const
  switch (attribute.kind) {
    case 'boolean':
      return (
        <Checkbox
          size="xs"
          label={label}
          checked={value === true}
          onChange={(event) => {
            onChange(event.currentTarget.checked)
          }}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => {
            onChange(typeof next === 'number' ? next : null)
          }}
        />
      )
    case 'choice':
      return (
        <Select
          {...common}
          data={[...attribute.choices]}
          value={typeof value === 'string' ? value : null}
          clearable={!attribute.required}
          onChange={onChange}
        />
      )
    case 'text':
      return (
        <TextInput
          {...common}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => {
            onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)
          }}
        />
      )
  }
}
