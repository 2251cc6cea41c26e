// Makes a project: name, classes with colours, how many people answer each image. The rest can be set later.
import { ActionIcon, Button, Group, Modal, NumberInput, Switch, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { send, type Schemas } from '@/api/client'
import { newKey } from '@/api/key'
import { isProblem } from '@/api/problem'
import { bodyOf, emptyDraft, problemOf, withRow, type ClassRow } from './draft'
import classes from './projects.module.css'

interface NewProjectDialogProps {
  opened: boolean
  onClose: () => void
}

export function NewProjectDialog({ opened, onClose }: NewProjectDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="New project" size={520} closeButtonProps={{ 'aria-label': 'Close' }}>
      <NewProjectForm onCancel={onClose} />
    </Modal>
  )
}

function NewProjectForm({ onCancel }: { onCancel: () => void }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [draft, setDraft] = useState(emptyDraft)
  const [key] = useState(newKey)
  const [tried, setTried] = useState(false)
  const create = useMutation({
    mutationFn: () =>
      send<Schemas['ProjectBody']>('POST', '/v1/projects', { body: bodyOf(draft), headers: { 'Idempotency-Key': key } }),
    onSuccess: async (project) => {
      await client.invalidateQueries({ queryKey: ['projects'] })
      await navigate({ to: '/projects/$projectId', params: { projectId: project.id } })
    },
  })
  const missing = problemOf(draft)
  const refusal = isProblem(create.error) ? create.error.detail : null
  const problem = tried ? (missing ?? refusal) : null

  function change(row: ClassRow): void {
    setDraft({ ...draft, classes: draft.classes.map((one) => (one.key === row.key ? row : one)) })
  }

  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (missing === null) create.mutate()
      }}
    >
      <TextInput
        label="Name"
        placeholder="Harbour parking"
        maxLength={200}
        data-autofocus
        value={draft.name}
        onChange={(event) => {
          setDraft({ ...draft, name: event.currentTarget.value })
        }}
      />
      <fieldset className={classes.classes}>
        <legend>Classes</legend>
        {draft.classes.map((row, index) => (
          <ClassFields
            key={row.key}
            row={row}
            position={index + 1}
            onChange={change}
            onRemove={
              draft.classes.length === 1
                ? undefined
                : () => {
                    setDraft({ ...draft, classes: draft.classes.filter((one) => one.key !== row.key) })
                  }
            }
          />
        ))}
        <div>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => {
              setDraft(withRow(draft))
            }}
          >
            Add a class
          </Button>
        </div>
      </fieldset>
      <div className={classes.pair}>
        <NumberInput
          label="Answers an image, at least"
          size="sm"
          min={1}
          max={50}
          value={draft.minVotes}
          onChange={(value) => {
            setDraft({ ...draft, minVotes: Number(value) })
          }}
        />
        <NumberInput
          label="At most, when they differ"
          size="sm"
          min={1}
          max={50}
          value={draft.maxVotes}
          onChange={(value) => {
            setDraft({ ...draft, maxVotes: Number(value) })
          }}
        />
      </div>
      <Switch
        label="Pre-label objects on a plain background as the first class"
        checked={draft.prelabel}
        onChange={(event) => {
          setDraft({ ...draft, prelabel: event.currentTarget.checked })
        }}
      />
      <div role="alert" className="pl-small" style={{ color: 'var(--pl-bad-text)' }}>
        {problem}
      </div>
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={create.isPending}>
          Create project
        </Button>
      </Group>
    </form>
  )
}

interface ClassFieldsProps {
  row: ClassRow
  position: number
  onChange: (row: ClassRow) => void
  onRemove: (() => void) | undefined
}

function ClassFields({ row, position, onChange, onRemove }: ClassFieldsProps) {
  const which = row.name === '' ? `class ${String(position)}` : row.name
  return (
    <div className={classes.classRow}>
      <input
        type="color"
        aria-label={`Colour of ${which}`}
        value={row.colour}
        onChange={(event) => {
          onChange({ ...row, colour: event.currentTarget.value })
        }}
      />
      <TextInput
        aria-label={`Name of class ${String(position)}`}
        placeholder={position === 1 ? 'car' : 'another class'}
        maxLength={120}
        value={row.name}
        onChange={(event) => {
          onChange({ ...row, name: event.currentTarget.value })
        }}
      />
      {onRemove !== undefined && (
        <ActionIcon aria-label={`Remove ${which}`} onClick={onRemove}>
          <IconX size={16} stroke={1.75} aria-hidden />
        </ActionIcon>
      )}
    </div>
  )
}
