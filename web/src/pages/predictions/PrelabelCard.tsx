// What annotators are shown in tasks that open from now on: nothing, an even background's objects, or a model's.
import { Button, NumberInput, SegmentedControl, Select } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Schemas } from '@/api/client'
import { projectQuery } from '@/api/queries'
import { Card } from '@/ui/Card'
import { Pill } from '@/ui/Pill'
import { toast, toastProblem } from '@/ui/toast'
import { publishPolicy, type Mapping, type Policy } from './data'
import classes from './predictions.module.css'

const KINDS = [
  { value: 'off', label: 'Off' },
  { value: 'plain_background', label: 'Even backgrounds' },
  { value: 'model', label: 'A model' },
] as const
const WHAT = {
  off: 'People begin with the bare picture.',
  plain_background: 'Objects on an even background are outlined without any network. On photographs that is noise.',
  model: 'The model runs on every picture that comes in, with the classes and thresholds of its mapping.',
} as const

interface Props {
  project: Schemas['ProjectBody']
  /** Of models that are ready, and the one that holds now. */
  mappings: readonly Mapping[]
}

export function PrelabelCard({ project, mappings }: Props) {
  const client = useQueryClient()
  const { policy } = project
  const usable = project.ontology.classes.filter(({ retired }) => retired !== true)
  const [kind, setKind] = useState(policy.prelabeling ?? 'off')
  const [mappingId, setMappingId] = useState(policy.prelabel_mapping_id ?? mappings[0]?.id ?? null)
  const [classId, setClassId] = useState(policy.prelabel_class_id ?? usable[0]?.class_id ?? null)
  const [hidden, setHidden] = useState(Math.round(100 * (policy.hidden_share ?? 0)))
  const next: Policy = {
    ...policy,
    prelabeling: kind,
    prelabel_mapping_id: kind === 'model' ? mappingId : (policy.prelabel_mapping_id ?? null),
    // A class that the rules name cannot be retired: one that nothing uses is not named.
    prelabel_class_id: kind === 'plain_background' ? classId : null,
    hidden_share: hidden / 100,
  }
  const same = JSON.stringify(next) === JSON.stringify({ ...policy, ...pick(policy) })
  const publish = useMutation({
    mutationFn: () => publishPolicy(project.id, project.policy_version, next),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: projectQuery(project.id).queryKey })
      toast('Tasks that open from now on follow this')
    },
    onError: toastProblem,
  })
  const missing = (kind === 'model' && mappingId === null) || (kind === 'plain_background' && classId === null)
  return (
    <Card title="Pre-labels for annotators" head={<Pill small>rules version {project.policy_version}</Pill>}>
      <form
        className={`${classes.form ?? ''} ${classes.narrow ?? ''}`}
        onSubmit={(event) => {
          event.preventDefault()
          publish.mutate()
        }}
      >
        <SegmentedControl
          size="xs"
          aria-label="What is shown"
          value={kind}
          onChange={(value) => {
            setKind(KINDS.find((one) => one.value === value)?.value ?? 'off')
          }}
          data={KINDS.map((one) => ({ ...one }))}
        />
        <p className="pl-small pl-soft">{WHAT[kind]}</p>
        {kind === 'model' ? (
          <Select
            size="xs"
            label="Model and mapping"
            allowDeselect={false}
            placeholder="Save a mapping first"
            value={mappingId === null ? null : String(mappingId)}
            onChange={(value) => {
              setMappingId(value === null ? null : Number(value))
            }}
            data={mappings.map(({ id, model, version }) => ({ value: String(id), label: `${model} ${version}, mapping ${String(id)}` }))}
          />
        ) : null}
        {kind === 'plain_background' ? (
          <Select
            size="xs"
            label="Class of what is found"
            allowDeselect={false}
            value={classId === null ? null : String(classId)}
            onChange={(value) => {
              setClassId(value === null ? null : Number(value))
            }}
            data={usable.map((one) => ({ value: String(one.class_id), label: one.name }))}
          />
        ) : null}
        {kind === 'off' ? null : (
          <NumberInput
            size="xs"
            label="Hidden share, %"
            description="So many tasks show no pre-label: only there can you see what people find by themselves."
            min={0}
            max={100}
            clampBehavior="strict"
            allowDecimal={false}
            value={hidden}
            onChange={(value) => {
              setHidden(Number(value) || 0)
            }}
          />
        )}
        <Button type="submit" size="xs" disabled={same || missing} loading={publish.isPending}>
          {same ? 'This holds now' : 'Publish'}
        </Button>
      </form>
    </Card>
  )
}

/** The fields of this card as they stand, with the server's defaults filled in. */
const pick = (policy: Policy) => ({
  prelabeling: policy.prelabeling ?? 'off',
  prelabel_mapping_id: policy.prelabel_mapping_id ?? null,
  prelabel_class_id: policy.prelabel_class_id ?? null,
  hidden_share: policy.hidden_share ?? 0,
})
