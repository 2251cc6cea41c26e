// The model to use and what its classes become here: one row a class of the model, suggestions filled in.
import { Button, Select, TextInput } from '@mantine/core'
import { IconSearch, IconWand } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Schemas } from '@/api/client'
import { Card } from '@/ui/Card'
import { EmptyState } from '@/ui/EmptyState'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { Pill } from '@/ui/Pill'
import { Rows } from '@/ui/Rows'
import { number } from '@/ui/format'
import { toast, toastProblem } from '@/ui/toast'
import { mappingsQuery, saveMapping, suggestionQuery, type Mapping, type ModelVersion, type Suggestion } from './data'
import { countMapped, foundIn, isSame, mappedOf, rowsOf, withNothing, withRow, withSuggestions } from './mapping'
import { MappingRow } from './MappingRow'
import classes from './mapping.module.css'

/** Drawn at once; a thousand rows of fields would make typing slow. */
const ROWS_SHOWN = 60
/** What a card shows without saying so. */
const USUAL_SCORE = 0.5

interface Props {
  projectId: number
  ontology: readonly Schemas['ClassSpec'][]
  models: readonly ModelVersion[]
  model: ModelVersion
  /** The mapping that stands, null before the first one is saved. */
  mapping: Mapping | null
  onChooseModel: (model: ModelVersion) => void
  onSaved: (mapping: Mapping) => void
  /** Whether what is on the screen differs from what is saved. */
  onDirty: (dirty: boolean) => void
}

export function MappingCard(props: Props) {
  const { projectId, models, model } = props
  const suggestion = useQuery(suggestionQuery(projectId, model.id))
  return (
    <Card
      title="Model and classes"
      head={
        <Select
          size="xs"
          className={classes.version}
          aria-label="Version of a model"
          searchable
          allowDeselect={false}
          nothingFoundMessage="No ready version is called that"
          value={String(model.id)}
          onChange={(value) => {
            const chosen = models.find(({ id }) => String(id) === value)
            if (chosen !== undefined) props.onChooseModel(chosen)
          }}
          data={models.map((one) => ({ value: String(one.id), label: labelOf(one) }))}
        />
      }
    >
      {suggestion.isPending ? <Rows count={6} /> : null}
      {suggestion.isError ? <ErrorPanel error={suggestion.error} onRetry={() => void suggestion.refetch()} /> : null}
      {suggestion.isSuccess ? <Editor key={model.id} {...props} suggestions={suggestion.data} /> : null}
    </Card>
  )
}

/** `weeds-yolo11 3 · champion`: found by any of them. */
const labelOf = ({ name, version, aliases }: ModelVersion): string => [`${name} ${version}`, ...aliases].join(' · ')

function Editor({ projectId, ontology, model, mapping, suggestions, onSaved, onDirty }: Props & { suggestions: readonly Suggestion[] }) {
  const client = useQueryClient()
  const usable = ontology.filter(({ retired }) => retired !== true)
  const saved = mapping?.mapping.classes ?? null
  const [rows, setRows] = useState(() => rowsOf(model.classes, suggestions, saved, new Set(usable.map(({ class_id: id }) => id))))
  const [text, setText] = useState('')
  const [shown, setShown] = useState(ROWS_SHOWN)
  const edit = (next: typeof rows) => {
    setRows(next)
    onDirty(!isSame(next, saved))
  }
  const save = useMutation({
    mutationFn: () => saveMapping(projectId, model.id, mappedOf(rows)),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: mappingsQuery(projectId).queryKey })
      toast('The mapping is saved')
      onDirty(false)
      onSaved(made)
    },
    onError: toastProblem,
  })
  const mapped = countMapped(rows)
  const same = isSame(rows, saved)
  const found = foundIn(rows, text)
  if (rows.length === 0)
    return (
      <EmptyState icon={IconWand} title="This model names no classes">
        Add a version of it together with a classes file.
      </EmptyState>
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (mapped > 0 && !same) save.mutate()
      }}
    >
      <div className={classes.bar}>
        <TextInput
          size="xs"
          type="search"
          aria-label="Search the model's classes"
          placeholder="Search"
          leftSection={<IconSearch size={14} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
          }}
        />
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            edit(withSuggestions(rows))
          }}
        >
          Accept all suggestions
        </Button>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            edit(withNothing(rows))
          }}
        >
          Leave all out
        </Button>
        <span className="pl-grow" />
        <b role="status" aria-label="Classes mapped">
          {number(mapped)} of {number(rows.length)} mapped
        </b>
      </div>
      <div className={classes.wide} tabIndex={0} role="region" aria-label="Classes of the model">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">The model’s class</th>
              <th scope="col">Becomes</th>
              <th scope="col">Suggestion</th>
              <th scope="col">Shown from a score of</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, shown).map((row) => (
              <MappingRow
                key={row.index}
                row={row}
                ontology={usable}
                usualScore={model.card?.thresholds?.score ?? USUAL_SCORE}
                onChange={(changed) => {
                  edit(withRow(rows, changed))
                }}
              />
            ))}
          </tbody>
        </table>
        {found.length === 0 ? <p className={classes.none}>No class of the model is called that.</p> : null}
      </div>
      {found.length > shown ? (
        <div className={classes.more}>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setShown(shown + ROWS_SHOWN)
            }}
          >
            Show {Math.min(ROWS_SHOWN, found.length - shown)} more of {number(found.length)}
          </Button>
        </div>
      ) : null}
      <div className={classes.foot}>
        <Button type="submit" size="xs" disabled={mapped === 0 || same} loading={save.isPending}>
          Save mapping
        </Button>
        {same ? (
          <Pill small tone="ok">
            saved as mapping {mapping?.id}
          </Pill>
        ) : (
          <span className="pl-small pl-soft">
            {mapped === 0 ? 'Map one class at least.' : 'Not saved yet: trials and runs use what is saved.'}
          </span>
        )}
      </div>
    </form>
  )
}
