// The filters at the left; each change goes to the address.
import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconCheck, IconSearch } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { Count } from '@/ui/Count'
import type { ClassSpec } from '@/ui/shapes/schema'
import { HAS_WORDS, STATE_WORDS, TASK_STATES, withFilter, type FilterName, type Filters, type Has } from './filters'
import classes from './images.module.css'

interface Props {
  filters: Filters
  ontology: readonly ClassSpec[]
  counts: Readonly<Record<string, number>> | undefined
  onChange: (filters: Filters) => void
  children?: ReactNode
}

export function FilterPanel({ filters, ontology, counts, onChange, children }: Props) {
  const toggle = <N extends FilterName>(name: N, value: Filters[N]) => {
    onChange(withFilter(filters, name, filters[name] === value ? null : value))
  }
  return (
    <aside aria-label="Filters">
      <div className={classes.section}>
        <KeySearch filters={filters} onChange={onChange} />
      </div>
      <Section title="State">
        {TASK_STATES.map((state) => (
          <Toggle
            key={state}
            on={filters.state === state}
            onClick={() => {
              toggle('state', state)
            }}
            count={counts === undefined ? undefined : (counts[state] ?? 0)}
          >
            {STATE_WORDS[state]}
          </Toggle>
        ))}
      </Section>
      <Section title="Class">
        {ontology.map((spec) => (
          <Toggle
            key={spec.class_id}
            on={filters.class_id === spec.class_id}
            onClick={() => {
              toggle('class_id', spec.class_id)
            }}
          >
            <span className="pl-swatch" style={{ background: spec.colour }} aria-hidden /> {spec.name}
          </Toggle>
        ))}
      </Section>
      <Section title="Labels">
        {(Object.keys(HAS_WORDS) as Has[]).map((has) => (
          <Toggle
            key={has}
            on={filters.has === has}
            onClick={() => {
              toggle('has', has)
            }}
          >
            {HAS_WORDS[has]}
          </Toggle>
        ))}
      </Section>
      {children}
    </aside>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes.section} role="group" aria-label={title}>
      <h2 className="pl-caps">{title}</h2>
      {children}
    </div>
  )
}

interface ToggleProps {
  on: boolean
  onClick: () => void
  count?: number | undefined
  children: ReactNode
}

function Toggle({ on, onClick, count, children }: ToggleProps) {
  return (
    <button type="button" className={classes.toggle} aria-pressed={on} onClick={onClick}>
      <span className={classes.tick} aria-hidden>
        {on ? <IconCheck size={11} stroke={3} /> : null}
      </span>
      {children}
      <span className="pl-grow" />
      <Count value={count} />
    </button>
  )
}

const TYPING_PAUSE_MS = 350

function KeySearch({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const wanted = filters.key ?? ''
  const [typed, setTyped] = useState(wanted)
  const [seen, setSeen] = useState(wanted)
  if (wanted !== seen) {
    // The address changed: by what was typed here, or by a chip that was taken away.
    setSeen(wanted)
    if (wanted !== typed.trim()) setTyped(wanted)
  }
  const search = useDebouncedCallback((text: string) => {
    onChange(withFilter(filters, 'key', text))
  }, TYPING_PAUSE_MS)
  return (
    <TextInput
      size="xs"
      type="search"
      aria-label="Search by key"
      placeholder="Search by key"
      leftSection={<IconSearch size={14} aria-hidden />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        search(event.currentTarget.value)
      }}
    />
  )
}
