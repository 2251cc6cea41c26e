// Run the model on what a filter finds: what that covers and takes is told before.
import { Button, Select, Switch, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Schemas } from '@/api/client'
import { useProject } from '@/app/project'
import { Card } from '@/ui/Card'
import { ErrorPanel } from '@/ui/ErrorPanel'
import { toast, toastProblem } from '@/ui/toast'
import { estimateQuery, runsKey, startRun, type Mapping } from './data'
import { estimateWords, isNothing } from './words'
import classes from './predictions.module.css'

const STATES = ['waiting', 'open', 'deciding', 'in_review', 'accepted', 'rejected'] as const
const TYPING_MS = 400

export function RunCard({ projectId, mapping }: { projectId: number; mapping: Mapping }) {
  const client = useQueryClient()
  const project = useProject()
  const [state, setState] = useState<Schemas['RunFilter']['state']>(null)
  const [key, setKey] = useState('')
  const [classId, setClassId] = useState<number | null>(null)
  const [fresh, setFresh] = useState(false)
  const [show, setShow] = useState(false)
  const [name, setName] = useState('')
  const typed = key.trim()
  // What is typed is estimated once it rests; what is started is what stands there.
  const [rested] = useDebouncedValue(typed, TYPING_MS)
  const filterOf = (text: string): Schemas['RunFilter'] => ({
    state,
    key: text === '' ? null : text,
    class_id: classId,
    without_prelabels: fresh,
    image_ids: null,
  })
  const filter = filterOf(typed)
  const estimate = useQuery(estimateQuery(projectId, mapping.id, filterOf(rested)))
  const told = typed === rested ? estimate.data : undefined
  const start = useMutation({
    mutationFn: () => startRun(projectId, { mapping_id: mapping.id, purpose: 'run', name: name.trim(), filter, show }),
    onSuccess: async () => {
      toast('The run has begun')
      await client.invalidateQueries({ queryKey: runsKey(projectId) })
    },
    onError: toastProblem,
  })
  const mayStart = typed === rested && !start.isPending && !(told !== undefined && isNothing(told))
  return (
    <Card title="Run on pictures">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (mayStart) start.mutate()
        }}
      >
        <TextInput
          size="xs"
          label="Name contains"
          placeholder="july/"
          value={key}
          onChange={(event) => {
            setKey(event.currentTarget.value)
          }}
        />
        <Select
          size="xs"
          label="Task"
          clearable
          placeholder="in any state"
          clearButtonProps={{ 'aria-label': 'Tasks in any state' }}
          value={state ?? null}
          onChange={(value) => {
            setState(STATES.find((one) => one === value) ?? null)
          }}
          data={STATES.map((one) => ({ value: one, label: one.replace('_', ' ') }))}
        />
        <Select
          size="xs"
          label="Holds class"
          clearable
          placeholder="any"
          clearButtonProps={{ 'aria-label': 'Any class' }}
          value={classId === null ? null : String(classId)}
          onChange={(value) => {
            setClassId(value === null ? null : Number(value))
          }}
          data={project.ontology.classes.map((one) => ({ value: String(one.class_id), label: one.name }))}
        />
        <TextInput
          size="xs"
          label="Name of the run"
          placeholder={`${mapping.model} ${mapping.version}`}
          value={name}
          maxLength={120}
          onChange={(event) => {
            setName(event.currentTarget.value)
          }}
        />
        <Switch
          size="xs"
          label="Only pictures without pre-labels"
          checked={fresh}
          onChange={(event) => {
            setFresh(event.currentTarget.checked)
          }}
        />
        <Switch
          size="xs"
          label="Show what it finds to annotators"
          description="To tasks that nobody has begun; not to those of the hidden share."
          checked={show}
          onChange={(event) => {
            setShow(event.currentTarget.checked)
          }}
        />
        {estimate.isError ? <ErrorPanel error={estimate.error} /> : null}
        <p className="pl-small pl-soft" role="status" aria-label="Estimate">
          {told === undefined ? 'Counting…' : estimateWords(told)}
        </p>
        <Button type="submit" size="xs" disabled={!mayStart} loading={start.isPending}>
          Start run
        </Button>
      </form>
    </Card>
  )
}
